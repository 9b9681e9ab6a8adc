//! A library in a process of its own, which lives through the whole run: start-up never counts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::THREADS;
use crate::case::Result;
use crate::python::Environment;

const SERVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/serve.py");

/// One Python process that answers a line with a line.
pub struct Peer {
    library: String,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The peers that could be started, by library. A sentence tells of each of the others.
pub type Peers = BTreeMap<&'static str, Peer>;

/// Starts every library once.
pub fn start_all(libraries: impl Iterator<Item = &'static str>, scratch: &Path) -> Peers {
    let mut peers = Peers::new();
    let environment = match Environment::ensure() {
        Ok(environment) => environment,
        Err(error) => {
            println!("No peer can run, only ours: {error}.");
            return peers;
        }
    };
    let mut seen = Vec::new();
    for library in libraries {
        if seen.contains(&library) {
            continue;
        }
        seen.push(library);
        match Peer::start(library, &environment, scratch) {
            Ok((peer, version)) => {
                println!("{library} {version}");
                peers.insert(library, peer);
            }
            Err(error) => {
                println!("{library} is left out, for it cannot be installed or started: {error}.")
            }
        }
    }
    peers
}

impl Peer {
    /// The process and the library's version.
    pub fn start(
        library: &str,
        environment: &Environment,
        scratch: &Path,
    ) -> Result<(Self, String)> {
        environment.install(library)?;
        let log = File::create(scratch.join(format!("{library}.log")))?;
        let threads = THREADS.to_string();
        let mut child = environment
            .command()
            .args([SERVE, library])
            .env("OMP_NUM_THREADS", &threads)
            .env("MKL_NUM_THREADS", &threads)
            .env("OPENBLAS_NUM_THREADS", &threads)
            .env("JAX_PLATFORMS", "cpu")
            .env("CUDA_VISIBLE_DEVICES", "")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let questions = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let library = library.to_owned();
        let mut peer = Self {
            library,
            child,
            questions,
            answers,
        };
        let answer = peer.ask(&json!({ "do": "start" }))?;
        let version = answer["version"].as_str().unwrap_or_default().to_owned();
        Ok((peer, version))
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, request: &Value) -> Result<Value> {
        let mut line = String::new();
        let asked =
            writeln!(self.questions, "{request}").and_then(|()| self.answers.read_line(&mut line));
        if asked.is_err() || line.is_empty() {
            return Err(format!(
                "its process ended; see target/versus_peers/{}.log",
                self.library
            )
            .into());
        }
        let answer: Value = serde_json::from_str(&line)?;
        match answer["error"].as_str() {
            Some(error) => Err(error.into()),
            None => Ok(answer),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Only this process, which this program started.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
