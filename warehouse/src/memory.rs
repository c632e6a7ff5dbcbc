//! How much memory a run may take, and what that means for how much of it is
//! under way at the same time.

use sysinfo::System;

/// Where a run may take less, it does one thing after another.
const SCARCE: u64 = 2 << 30;
/// The part of the memory that queries may hold before they write to disk, as
/// one of so many: the rest is for what is read, written and held between.
const POOL: u64 = 4;
/// With less, some queries cannot be made at all.
const LEAST_POOL: u64 = 64 << 20;

/// The memory that a run may take.
///
/// ```
/// use peil_warehouse::memory::Memory;
/// let memory = Memory::of(1024);
/// assert_eq!(memory.at_once(6), 1);
/// assert_eq!(memory.pool_bytes(), Some(256 << 20));
/// assert_eq!(Memory::of(8192).at_once(6), 6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    bytes: Option<u64>,
}

impl Memory {
    /// So many megabytes; 0: what the machine has, or its container allows.
    pub fn of(megabytes: u32) -> Self {
        let bytes = match megabytes {
            0 => of_machine(),
            megabytes => Some(u64::from(megabytes) << 20),
        };
        Self { bytes }
    }

    /// Whether it is so little that a run does one thing after another.
    pub fn is_scarce(self) -> bool {
        self.bytes.is_some_and(|bytes| bytes < SCARCE)
    }

    /// How many pieces of work may be under way at the same time, where it is
    /// usually so many.
    pub fn at_once(self, usual: usize) -> usize {
        if self.is_scarce() { 1 } else { usual }
    }

    /// The rows of a piece of work, where it usually has so many.
    pub fn rows(self, usual: u64) -> u64 {
        if self.is_scarce() { usual / 4 } else { usual }
    }

    /// What queries may hold before they write to disk; none: as much as they
    /// like.
    pub fn pool_bytes(self) -> Option<usize> {
        let bytes = self.bytes.filter(|_| self.is_scarce())?;
        usize::try_from((bytes / POOL).max(LEAST_POOL)).ok()
    }
}

/// The memory of the machine, or what its control group allows.
fn of_machine() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory();
    let allowed = system.cgroup_limits().map(|limits| limits.total_memory);
    allowed.into_iter().chain([system.total_memory()]).filter(|bytes| *bytes > 0).min()
}
