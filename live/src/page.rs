//! What a page calls. It asks for room, writes a question there, has it answered, and reads the answer where it lies;
//! so no function takes a pointer, and nothing here reads memory that is not its own.

// Exported names are the only unsafe thing here: two of the same name would be the linker's free choice.
#![allow(unsafe_code)]

use std::cell::RefCell;

use crate::{Answer, Asked, Desk};

#[derive(Default)]
struct Room {
    desk: Desk,
    text: Vec<u8>,
    numbers: Vec<f64>,
    bytes: Vec<u8>,
    answer: Answer,
    said: String,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

/// The room in a vector, or null if memory cannot hold so much.
fn room<T: Clone + Default>(place: &mut Vec<T>, len: usize) -> *mut T {
    place.clear();
    match place.try_reserve_exact(len) {
        Ok(()) => {
            place.resize(len, T::default());
            place.as_mut_ptr()
        }
        Err(_) => std::ptr::null_mut(),
    }
}

/// Room for the text of a question, in bytes of UTF-8; null if there is too little memory.
#[unsafe(no_mangle)]
extern "C" fn text_room(len: usize) -> *mut u8 {
    ROOM.with_borrow_mut(|all| room(&mut all.text, len))
}

/// Room for its numbers; null if there is too little memory.
#[unsafe(no_mangle)]
extern "C" fn number_room(len: usize) -> *mut f64 {
    ROOM.with_borrow_mut(|all| room(&mut all.numbers, len))
}

/// Room for the bytes of a file; null if there is too little memory.
#[unsafe(no_mangle)]
extern "C" fn byte_room(len: usize) -> *mut u8 {
    ROOM.with_borrow_mut(|all| room(&mut all.bytes, len))
}

/// Answers the question: how many numbers the answer has, or −1 if it is refused. What is said then holds the names
/// and lengths of the answer's arrays, or why it is refused.
#[unsafe(no_mangle)]
extern "C" fn ask() -> isize {
    ROOM.with_borrow_mut(|all| {
        let text = String::from_utf8_lossy(&all.text);
        let asked = Asked::new(&text, &all.numbers).with_bytes(&all.bytes);
        match all.desk.answer(&asked) {
            Ok(answer) => {
                all.said = answer.contents();
                all.answer = answer;
                all.answer.numbers().len() as isize
            }
            Err(refusal) => {
                all.said = refusal.to_string();
                -1
            }
        }
    })
}

/// Where the numbers of the answer lie.
#[unsafe(no_mangle)]
extern "C" fn answer() -> *const f64 {
    ROOM.with_borrow(|all| all.answer.numbers().as_ptr())
}

/// Where lies what was said.
#[unsafe(no_mangle)]
extern "C" fn said() -> *const u8 {
    ROOM.with_borrow(|all| all.said.as_ptr())
}

/// How many bytes that has.
#[unsafe(no_mangle)]
extern "C" fn said_len() -> usize {
    ROOM.with_borrow(|all| all.said.len())
}
