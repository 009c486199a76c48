// SPDX-License-Identifier: Apache-2.0
//
//! The plugin ABI 1.0 as Rust sees it, as far as this plugin needs it: `include/execlet/abi/*.h` has the contracts.

use std::os::raw::{c_char, c_void};

pub type Status = i32;
pub const OK: Status = 0;
pub const CANCELLED: Status = 1;
pub const INVALID_ARGUMENT: Status = 3;
pub const INTERNAL: Status = 13;

pub const MINOR: u32 = 0;
pub const CANCEL_NONE: i32 = 0;
pub const EVENT_STARTED: i32 = 1;
pub const EVENT_OUTPUT: i32 = 2;
pub const OUTCOME_EXITED: i32 = 1;
pub const OUTCOME_CANCELLED: i32 = 7;

/// Borrowed for the duration of the call that passes it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub data: *const u8,
    pub size: u64,
}

impl Str {
    pub fn new(bytes: &[u8]) -> Str {
        Str { data: bytes.as_ptr(), size: bytes.len() as u64 }
    }

    /// # Safety
    /// The host's promise must hold: `data` points to `size` bytes, or `size` is 0.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data, self.size as usize)
    }
}

/// Opaque to us.
#[repr(C)]
pub struct Error {
    _private: [u8; 0],
}

#[repr(C)]
pub struct Host {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub ctx: *mut c_void,
    pub log_enabled: unsafe extern "C" fn(*mut c_void, i32) -> i32,
    pub log: unsafe extern "C" fn(*mut c_void, i32, Str, Str),
    pub error_set: unsafe extern "C" fn(*mut Error, Str, Str, Str),
    pub helper_path: unsafe extern "C" fn(*mut c_void, Str, *mut c_char, u64, *mut Error) -> Status,
    pub get_extension: unsafe extern "C" fn(*mut c_void, *const c_char) -> *const c_void,
}

#[repr(C)]
pub struct Event {
    pub struct_size: u32,
    pub kind: i32,
    pub flags: u32,
    pub reserved: u32,
    pub time_ns: u64,
}

#[repr(C)]
pub struct OutputEvent {
    pub head: Event,
    pub stream: i32,
    pub reserved: u32,
    pub data: Str,
}

#[repr(C)]
pub struct Call {
    pub struct_size: u32,
    pub wake_fd: i32,
    pub ctx: *mut c_void,
    pub deadline_ns: u64,
    pub emit: unsafe extern "C" fn(*mut c_void, *const Event) -> Status,
    pub cancelled: unsafe extern "C" fn(*mut c_void) -> i32,
    pub read_input: unsafe extern "C" fn(*mut c_void, *mut c_char, u64, *mut u64) -> Status,
}

#[repr(C)]
pub struct ExecutorConfig {
    pub struct_size: u32,
    pub reserved: u32,
    pub name: Str,
    pub options_json: Str,
    pub base_dir: Str,
}

/// Only its beginning: what follows in the header is not used here.
#[repr(C)]
pub struct Request {
    pub struct_size: u32,
    pub flags: u32,
    pub execution_id: Str,
    pub language: Str,
    pub code: Str,
}

/// Only its beginning.
#[repr(C)]
pub struct Outcome {
    pub struct_size: u32,
    pub flags: u32,
    pub outcome: i32,
    pub exit_code: i32,
}

pub type Executor = c_void;
pub type Instance = c_void;

type TextSink = unsafe extern "C" fn(*mut c_void, Str);
type OnExecutor = unsafe extern "C" fn(*mut Executor, *const Call, *mut Error) -> Status;
type OnInstance = unsafe extern "C" fn(*mut Instance, *const Call, *mut Error) -> Status;

#[repr(C)]
pub struct Plugin {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub manifest_json: *const c_char,
    pub init: Option<unsafe extern "C" fn(*const Host, *mut Error) -> Status>,
    pub deinit: Option<unsafe extern "C" fn()>,
    pub executor_create:
        unsafe extern "C" fn(*const Host, *const ExecutorConfig, *mut *mut Executor, *mut Error) -> Status,
    pub executor_destroy: unsafe extern "C" fn(*mut Executor),
    pub executor_describe:
        Option<unsafe extern "C" fn(*mut Executor, *const Call, TextSink, *mut c_void, *mut Error) -> Status>,
    pub executor_health: Option<OnExecutor>,
    pub instance_open: unsafe extern "C" fn(
        *mut Executor,
        *const Call,
        *const c_void,
        *mut *mut Instance,
        *mut Error,
    ) -> Status,
    pub instance_run: unsafe extern "C" fn(
        *mut Instance,
        *const Call,
        *const Request,
        *mut Outcome,
        *mut Error,
    ) -> Status,
    pub instance_reset: Option<OnInstance>,
    pub instance_close: OnInstance,
    pub instance_cancel: Option<unsafe extern "C" fn(*mut Instance, i32)>,
    pub get_extension: Option<unsafe extern "C" fn(*const c_char) -> *const c_void>,
}

// It holds pointers to constants only.
unsafe impl Sync for Plugin {}
