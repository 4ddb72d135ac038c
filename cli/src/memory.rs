//! The memory that one text needs.

use anyhow::{Result, bail};

/// Bytes of the largest text that is read at once: 1 GiB.
pub(crate) const LARGEST: u64 = 1 << 30;
/// Bytes of memory that a byte of ordinary text takes, as docs/performance.md has them.
const NEEDED: u64 = 12;
/// Up to this size nobody asks.
const SMALL: u64 = 1 << 24;

/// Refuses a text that is too large, or for which memory would not suffice.
///
/// - `bytes`: its size.
pub(crate) fn admit(name: &str, bytes: u64) -> Result<()> {
    if bytes > LARGEST {
        bail!("{name}: more than 1 GiB in one text: divide it, or read it with --stream");
    }
    if let Some(free) = (bytes > SMALL).then(free).flatten().filter(|free| *free < bytes * NEEDED) {
        let [needed, free] = [bytes * NEEDED, free].map(|bytes| bytes >> 20);
        bail!(
            "{name}: it takes about {needed} MiB of memory, and {free} MiB are free: divide it, or read it with --stream"
        );
    }
    Ok(())
}

/// Returns the bytes of memory that can be had, where the system says so.
fn free() -> Option<u64> {
    available(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_read() {
        assert_eq!(available("MemTotal:  24000000 kB\nMemAvailable:    2048 kB\n"), Some(2 << 20));
        assert_eq!(available("MemTotal:  24000000 kB\n"), None);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert!(admit("a", SMALL).is_ok());
        assert!(admit("a", LARGEST + 1).expect_err("too large").to_string().contains("more than 1 GiB"));
        if free().is_some_and(|free| free < LARGEST * NEEDED) {
            assert!(admit("a", LARGEST).is_err());
        }
    }
}
