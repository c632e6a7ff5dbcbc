//! The allocator of the program, and how long it keeps what was freed.

use libmimalloc_sys::{mi_option_set, mi_option_t};
use peil_warehouse::memory::Memory;

/// Columns are allocated and freed by the megabyte on several threads; this
/// allocator keeps what was freed at hand, where the system's gives it back
/// and takes it again. Without huge pages: they cost more to clear than they
/// save, and take up twice the memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The place of `mi_option_purge_delay` among the options of mimalloc, which
/// its crate does not name.
const PURGE_DELAY: mi_option_t = 15;
/// Milliseconds for which a run keeps pages that it freed. It soon wants them
/// again, and each page that the system gives anew it first clears: with the
/// second that is usual, up to a tenth of a run's time goes there. With ten
/// seconds a long run would hold half as much memory again, for little more.
const KEPT: std::ffi::c_long = 3_000;

/// Keeps what is freed for as long as is good for a run that may take so much
/// memory.
pub fn keep_freed(memory: Memory) {
    if !memory.is_scarce() {
        set_purge_delay();
    }
}

#[expect(unsafe_code, reason = "the allocator's options are set by a function of C")]
fn set_purge_delay() {
    // SAFETY: it stores a number in a table of the allocator, which threads may
    // read meanwhile; a number outside the table is ignored.
    unsafe { mi_option_set(PURGE_DELAY, KEPT) }
}

#[cfg(test)]
mod tests {
    use libmimalloc_sys::mi_option_get;

    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "the allocator's options are read by a function of C")]
    fn the_option_is_that_of_the_purge_delay() {
        // SAFETY: it reads a number.
        let delay = || unsafe { mi_option_get(PURGE_DELAY) };
        assert_eq!(delay(), 1_000, "the usual delay of mimalloc 3");
        keep_freed(Memory::of(512));
        assert_eq!(delay(), 1_000);
        keep_freed(Memory::of(8_192));
        assert_eq!(delay(), KEPT);
    }
}
