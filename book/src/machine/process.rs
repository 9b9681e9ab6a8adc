//! Processes of others: who started them, and ending them.

use crate::machine::programs;
use rustix::process::{self, Pid, Signal};

/// The number of the process that a process belongs to now: the one that started it, or the system's first once that
/// is gone. None if there is no such process or the system does not say.
pub fn parent_of(process: i32) -> Option<i32> {
    look(process).map(|(parent, _)| parent)
}

/// The parent and the name of a process.
pub fn look(process: i32) -> Option<(i32, String)> {
    if cfg!(target_os = "linux") {
        // Number, name in parentheses (which may hold spaces and parentheses), state, parent.
        let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (start, rest) = text.rsplit_once(')')?;
        let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
        let (_, name) = start.split_once('(')?;
        return Some((parent, name.to_owned()));
    }
    let mut ps = std::process::Command::new("ps");
    ps.args(["-o", "ppid=,comm=", "-p", &process.to_string()]);
    let text = programs::output(&mut ps).ok()?;
    let (parent, path) = text.trim().split_once(' ')?;
    let name = path.trim().rsplit('/').next().unwrap_or_default();
    Some((parent.parse().ok()?, name.to_owned()))
}

/// Ends a process that leads a group of its own, and all of the group; without a group of its own, it alone.
pub fn end(process: i32, leads: bool) {
    // 0, 1 and negative numbers stand for more than one process.
    if process <= 1 {
        return;
    }
    let Some(pid) = Pid::from_raw(process) else {
        return;
    };
    let _ = match leads {
        true => process::kill_process_group(pid, Signal::KILL),
        false => process::kill_process(pid, Signal::KILL),
    };
}

/// Whether a process leads a group of its own.
pub fn leads_group(process: i32) -> bool {
    let pid = (process > 1).then(|| Pid::from_raw(process)).flatten();
    pid.is_some_and(|pid| process::getpgid(Some(pid)) == Ok(pid))
}

/// The process that started this one.
pub fn own_parent() -> Option<i32> {
    process::getppid().map(|pid| pid.as_raw_nonzero().get())
}

#[cfg(test)]
mod tests {
    use super::{end, look, own_parent, parent_of};
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;

    #[test]
    fn parents_are_known_and_groups_end() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert_eq!(parent_of(own), own_parent());
        let mut child = Command::new("sleep")
            .arg("60")
            .process_group(0)
            .spawn()
            .unwrap();
        let number = i32::try_from(child.id()).unwrap();
        let (parent, name) = look(number).unwrap();
        assert_eq!(parent, own);
        assert!(
            ["sleep", "coreutils", "busybox"].contains(&name.as_str()),
            "{name}"
        );
        end(number, super::leads_group(number));
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        assert_eq!(parent_of(number), None);
        // Never everything there is.
        end(0, true);
        end(1, true);
        end(-1, false);
    }
}
