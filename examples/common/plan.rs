//! Tables whose rows need no other: computed by one process, or in shards by many, with the same bytes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use diffusion_intuition::Result;
use rayon::prelude::*;

use super::files::{self, failure, hash};
use super::shard::{Fault, Part, Shard};

/// The lines of each job, by its number in the table; none from one that failed as jobs may.
pub type Job<'a> = Box<dyn Fn(usize) -> Result<Vec<String>> + Sync + 'a>;

pub struct Table<'a> {
    pub name: String,
    /// The first line.
    pub header: String,
    pub jobs: usize,
    /// Prepares what its jobs share.
    pub open: Box<dyn Fn() -> Result<Job<'a>> + 'a>,
}

pub struct Plan<'a> {
    pub name: &'static str,
    /// All that decides the lines, on one line; version and processor are added.
    pub configuration: String,
    pub tables: Vec<Table<'a>>,
    /// Where shards lie until they are merged.
    pub parts: PathBuf,
    /// Where tables go.
    pub out: PathBuf,
}

/// What a file of a shard holds: each job with its lines.
struct Found {
    shard: Shard,
    file: PathBuf,
    configuration: String,
    processor: String,
    jobs: Vec<(usize, Vec<String>)>,
}

impl<'a> Plan<'a> {
    /// Computes the tables, or a shard of them, or merges shards. Whichever way, a table has the same bytes.
    pub fn work(&self, part: Part) -> Result<(), Fault> {
        match part {
            Part::Shard(shard) => {
                let mut jobs = Vec::new();
                for (table, first) in self.firsts() {
                    jobs.extend(run(table, first, shard)?);
                }
                files::make(&self.parts)?;
                let file = format!("{}-{}-of-{}.shard", self.name, shard.number, shard.of);
                files::write(&self.parts.join(file), self.text(shard, &jobs))?;
            }
            // Each table as soon as it is there.
            Part::Whole => {
                for (table, first) in self.firsts() {
                    self.write(table, run(table, first, Shard::WHOLE)?)?;
                }
            }
            Part::Merge => {
                let mut jobs: Vec<(usize, Vec<String>)> = self.merged()?;
                jobs.sort_by_key(|(job, _)| *job);
                let mut jobs = jobs.into_iter();
                for table in &self.tables {
                    self.write(table, jobs.by_ref().take(table.jobs))?;
                }
            }
        }
        Ok(())
    }

    /// Each table and the number of its first job, counted through all of them.
    fn firsts(&self) -> impl Iterator<Item = (&Table<'a>, usize)> {
        self.tables.iter().scan(0, |next, table| {
            let first = *next;
            *next += table.jobs;
            Some((table, first))
        })
    }

    fn write(
        &self,
        table: &Table,
        jobs: impl IntoIterator<Item = (usize, Vec<String>)>,
    ) -> Result<()> {
        files::make(&self.out)?;
        let lines = jobs.into_iter().flat_map(|(_, lines)| lines);
        let text: String = [table.header.clone()]
            .into_iter()
            .chain(lines)
            .map(|line| line + "\n")
            .collect();
        files::write(&self.out.join(format!("{}.csv", table.name)), text)
    }

    /// The plan's own configuration, the version, and what is to be computed.
    fn configuration(&self) -> String {
        let tables: Vec<String> = self
            .tables
            .iter()
            .map(|table| format!("{} {}", table.name, table.jobs))
            .collect();
        let (version, tables) = (env!("CARGO_PKG_VERSION"), tables.join(" "));
        format!("{}; version {version}; {tables}", self.configuration)
    }

    fn text(&self, shard: Shard, jobs: &[(usize, Vec<String>)]) -> String {
        let mut text = format!(
            "{} {shard}\n{}\n{}\n",
            self.name,
            self.configuration(),
            processor()
        );
        for (job, lines) in jobs {
            writeln!(text, "job {job}").expect("a string takes everything");
            lines.iter().for_each(|line| text += &format!(" {line}\n"));
        }
        let end = hash(text.bytes());
        text + &format!("end {end:016x}\n")
    }

    /// Every job of every shard, in some order.
    fn merged(&self) -> Result<Vec<(usize, Vec<String>)>, Fault> {
        let mut found: Vec<Found> = Vec::new();
        for file in self.files()? {
            let bytes = files::read(&file)?;
            let Some(read) = self.parse(&file, &bytes) else {
                return Err(Fault::Changed { file });
            };
            self.check(&read)?;
            let shard = read.shard;
            if let Some(other) = found.iter().find(|other| other.shard == shard) {
                return Err(Fault::Twice {
                    shard,
                    files: [other.file.clone(), file],
                });
            }
            if let Some(of) = found
                .first()
                .map(|first| first.shard.of)
                .filter(|of| *of != shard.of)
            {
                return Err(Fault::Divided { shard, of, file });
            }
            let other = found
                .first()
                .filter(|other| other.processor != read.processor);
            if let Some(other) = other {
                let (expected, found) = (other.processor.clone(), read.processor);
                return Err(Fault::Configuration {
                    shard,
                    file,
                    expected,
                    found,
                });
            }
            found.push(read);
        }
        let of = found.first().map_or(1, |first| first.shard.of);
        let missing = (1..=of).map(|number| Shard { number, of });
        let missing: Vec<Shard> = missing
            .filter(|shard| found.iter().all(|read| read.shard != *shard))
            .collect();
        match missing.is_empty() {
            true => Ok(found.into_iter().flat_map(|read| read.jobs).collect()),
            false => Err(Fault::Missing {
                shards: missing,
                parts: self.parts.clone(),
            }),
        }
    }

    /// The files of shards of this plan, whatever they are called before `.shard`.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = self
            .parts
            .read_dir()
            .map_err(|error| failure(&self.parts, error))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failure(&self.parts, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(self.name) && name.ends_with(".shard") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// None of what [`text`](Self::text) has not written.
    fn parse(&self, file: &Path, bytes: &[u8]) -> Option<Found> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (body, end) = text.rsplit_once("end ")?;
        let end = u64::from_str_radix(end.strip_suffix('\n')?, 16).ok()?;
        let mut lines = body.lines().take_while(|_| hash(body.bytes()) == end);
        let shard = Shard::parse(lines.next()?.strip_prefix(self.name)?.trim())?;
        let configuration = lines.next()?.to_owned();
        let processor = lines.next()?.to_owned();
        let mut jobs: Vec<(usize, Vec<String>)> = Vec::new();
        for line in lines {
            match (line.strip_prefix("job "), line.strip_prefix(' ')) {
                (Some(job), _) => jobs.push((job.parse().ok()?, Vec::new())),
                (None, line) => jobs.last_mut()?.1.push(line?.to_owned()),
            }
        }
        Some(Found {
            shard,
            file: file.to_owned(),
            configuration,
            processor,
            jobs,
        })
    }

    fn check(&self, read: &Found) -> Result<(), Fault> {
        let (shard, file) = (read.shard, read.file.clone());
        let (expected, found) = (self.configuration(), read.configuration.clone());
        if found != expected {
            return Err(Fault::Configuration {
                shard,
                file,
                expected,
                found,
            });
        }
        let all = self.tables.iter().map(|table| table.jobs).sum();
        let expected: Vec<usize> = (0..all).filter(|job| shard.has(*job)).collect();
        let found: Vec<usize> = read.jobs.iter().map(|(job, _)| *job).collect();
        match found == expected {
            true => Ok(()),
            false => Err(Fault::Jobs {
                shard,
                file,
                expected,
                found,
            }),
        }
    }
}

/// The jobs of a table that a shard has, side by side.
fn run(table: &Table, first: usize, shard: Shard) -> Result<Vec<(usize, Vec<String>)>> {
    let own: Vec<usize> = (first..first + table.jobs)
        .filter(|job| shard.has(*job))
        .collect();
    if own.is_empty() {
        return Ok(Vec::new());
    }
    println!("{}", table.name);
    let run = (table.open)()?;
    let one = |job: usize| Ok((job, run(job - first)?));
    own.into_par_iter().map(one).collect()
}

/// On another kind additions may come in another order, so that a few last bits are others.
fn processor() -> String {
    let kind = std::env::consts::ARCH.to_owned();
    #[cfg(target_arch = "x86_64")]
    let kind = [
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ]
    .iter()
    .filter(|(_, has)| *has)
    .fold(kind, |kind, (name, _)| kind + " " + name);
    kind
}
