//! The memory that sampling takes does not grow with the number of steps.
//!
//! A file of its own: it counts every allocation of its process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use diffusion_intuition::network::FilmMlp;
use diffusion_intuition::sampler::{Method, Sampler, Solver};
use diffusion_intuition::{Rng, Schedule};

/// The system's allocator, with a tally.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn memory_is_flat_in_the_number_of_steps() {
    // One thread: with more, chance decides how many pieces of the batch are in work at once.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.unwrap().install(compare);
}

fn compare() {
    let schedule = Schedule::linear(1000, 1e-4, 0.02).unwrap();
    let network = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let noise = Rng::new(1).standard_normal(2000, 2).unwrap();
    for method in [Method::DDPM, Method::DDIM, Method::Heun, Method::DpmSolver] {
        let peak = |steps: usize| {
            let sampler = Sampler::new(&schedule, method, steps).unwrap();
            let before = NOW.load(Ordering::Relaxed);
            PEAK.store(before, Ordering::Relaxed);
            let samples = sampler.sample(&network, &noise, &mut Rng::new(2)).unwrap();
            assert_eq!(samples.dim(), noise.dim());
            PEAK.load(Ordering::Relaxed) - before
        };
        peak(5); // what is made once
        let (few, many) = (peak(5), peak(100));
        let batch = 2000 * 2 * size_of::<f32>();
        // A batch kept for each of the 95 further steps would be 95 times this bound.
        let name = method.name();
        assert!(
            few > batch && many <= few + batch,
            "{name}: {few} bytes for 5 steps, {many} for 100"
        );
    }
}
