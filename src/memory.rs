//! Fresh memory for large results without thousands of page faults.
//!
//! Linux fills in a page of 4 KiB when it is first written, at 2.4 µs each here: noising ten million values
//! makes 80 MB of results, and waiting for their pages took 4 times as long as all arithmetic together.
//!
//! The one `unsafe` call of the crate is here, with its argument.
#![allow(unsafe_code)]

use std::hint::black_box;
use std::sync::Once;

/// `n` zeros in fresh memory that is quick to write for the first time.
///
/// From 4 MiB on, Linux is asked for huge pages (2 MiB), as NumPy does for its arrays: one page fault
/// instead of 512.
pub(crate) fn zeros(n: usize) -> Vec<f32> {
    reuse_freed_memory();
    let mut zeros = vec![0.0; n];
    if size_of_val(zeros.as_slice()) >= 4 << 20 {
        advise_huge_pages(&mut zeros);
    }
    zeros
}

/// Keeps freed blocks below 32 MiB in the process, to be used again without page faults.
///
/// glibc gives a freed block of 128 KiB back to the kernel until a larger one has been freed, and counts
/// up from there ("dynamic mmap threshold" in mallopt(3)). In a young process, a loop over arrays of
/// 400 KB would fault for every page of every turn: 2 to 8 times as slow. This frees one block of nearly
/// 32 MiB, once; it is never written to, so it costs no memory.
fn reuse_freed_memory() {
    static ONCE: Once = Once::new();
    if cfg!(target_env = "gnu") {
        ONCE.call_once(|| drop(black_box(Vec::<u8>::with_capacity(31 << 20))));
    }
}

#[cfg(target_os = "linux")]
fn advise_huge_pages(values: &mut [f32]) {
    use std::ffi::{c_int, c_void};
    unsafe extern "C" {
        // In the C library, which std links: int madvise(void *addr, size_t length, int advice).
        fn madvise(addr: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    const MADV_HUGEPAGE: c_int = 14;
    // madvise wants an address at the start of a page; pages are at most 64 KiB.
    const PAGE: usize = 64 << 10;
    let bytes = values.as_mut_ptr_range();
    let skipped = bytes.start.align_offset(PAGE);
    if let Some(whole) = values.get_mut(skipped..) {
        // SAFETY: the range is memory that `whole` borrows; the system rounds its end up to a page, which others may
        // use, but the advice (unlike MADV_DONTNEED) leaves all contents alone: it chooses the size of the pages
        // behind it. A refusal (a kernel built without huge pages) costs time only, so the result is of no interest.
        unsafe { madvise(whole.as_mut_ptr().cast(), size_of_val(whole), MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_: &mut [f32]) {}
