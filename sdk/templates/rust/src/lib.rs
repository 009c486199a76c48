// SPDX-License-Identifier: Apache-2.0
//
//! A backend in Rust. Its "instance" is only a struct; a real one would be a process, a container, a connection.

mod abi;

use abi::*;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::{Duration, Instant};

// The manifest lies in a section of its own, where hosts read it without loading the library, ended by a NUL.
const MANIFEST_TEXT: &str = concat!(include_str!("../manifest.json"), "\0");

const fn as_array(text: &str) -> [u8; MANIFEST_TEXT.len()] {
    let mut array = [0; MANIFEST_TEXT.len()];
    let mut i = 0;
    while i < array.len() {
        array[i] = text.as_bytes()[i];
        i += 1;
    }
    array
}

#[used]
#[link_section = ".execlet.manifest"]
static MANIFEST: [u8; MANIFEST_TEXT.len()] = as_array(MANIFEST_TEXT);

struct MyExecutor {
    host: *const Host,
    delay: Duration,
}

struct MyInstance {
    host: *const Host,
    delay: Duration,
}

/// Why a call did not return OK: what was wanted, what was found, what to do.
struct Failure {
    status: Status,
    reason: &'static str,
    message: String,
}

impl Failure {
    fn new(status: Status, reason: &'static str, message: &str) -> Failure {
        Failure { status, reason, message: message.to_string() }
    }
}

/// Runs `body` and hands its failure to the host; no panic leaves the plugin.
unsafe fn guard(host: *const Host, error: *mut Error, body: impl FnOnce() -> Result<(), Failure>) -> Status {
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return OK,
        Ok(Err(failure)) => failure,
        Err(_) => Failure::new(INTERNAL, "plugin.panic", "the plugin panicked"),
    };
    let text = |text: &str| Str::new(text.as_bytes());
    ((*host).error_set)(error, text(failure.reason), text(&failure.message), text("{}"));
    failure.status
}

/// The host has checked the options against the manifest's schema, so only the value is left to be found. A backend with
/// more than numbers uses a JSON crate here.
fn read_delay(options: &[u8]) -> Duration {
    let options = String::from_utf8_lossy(options);
    let digits: String = match options.split_once("\"delay_ms\":") {
        Some((_, rest)) => rest.trim_start().chars().take_while(|c| c.is_ascii_digit()).collect(),
        None => String::new(),
    };
    Duration::from_millis(digits.parse().unwrap_or(0))
}

unsafe extern "C" fn executor_create(
    host: *const Host,
    config: *const ExecutorConfig,
    out: *mut *mut Executor,
    error: *mut Error,
) -> Status {
    guard(host, error, || {
        let delay = read_delay((*config).options_json.bytes());
        *out = Box::into_raw(Box::new(MyExecutor { host, delay })).cast();
        Ok(())
    })
}

unsafe extern "C" fn executor_destroy(executor: *mut Executor) {
    drop(Box::from_raw(executor.cast::<MyExecutor>()));
}

unsafe extern "C" fn instance_open(
    executor: *mut Executor,
    _call: *const Call, // a start that takes long watches (*call).wake_fd as `pause_for` does
    _options: *const c_void,
    out: *mut *mut Instance,
    error: *mut Error,
) -> Status {
    let executor = &*executor.cast::<MyExecutor>();
    guard(executor.host, error, || {
        *out = Box::into_raw(Box::new(MyInstance { host: executor.host, delay: executor.delay })).cast();
        Ok(())
    })
}

/// Nothing of a run is kept, so there is nothing to undo.
unsafe extern "C" fn instance_reset(_instance: *mut Instance, _call: *const Call, _error: *mut Error) -> Status {
    OK
}

unsafe extern "C" fn instance_close(instance: *mut Instance, _call: *const Call, _error: *mut Error) -> Status {
    drop(Box::from_raw(instance.cast::<MyInstance>()));
    OK
}

#[repr(C)]
struct PollFd {
    fd: i32,
    events: i16,
    revents: i16,
}

extern "C" {
    fn poll(fds: *mut PollFd, count: std::os::raw::c_ulong, timeout_ms: i32) -> i32;
}

/// Waits, but not a moment longer than the caller wants the run to go on. Returns false if it should stop. The same
/// wake_fd goes into the poll of whatever a real backend waits for: a pipe, a socket, a pidfd.
unsafe fn pause_for(call: &Call, delay: Duration) -> bool {
    const POLLIN: i16 = 1;
    let end = Instant::now() + delay;
    while (call.cancelled)(call.ctx) == CANCEL_NONE {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        let mut wake = PollFd { fd: call.wake_fd, events: POLLIN, revents: 0 };
        poll(&mut wake, 1, left.as_millis() as i32 + 1);
    }
    false
}

fn head(kind: i32, size: usize) -> Event {
    Event { struct_size: size as u32, kind, flags: 0, reserved: 0, time_ns: 0 }
}

unsafe fn emit_output(call: &Call, data: &[u8]) -> bool {
    let size = std::mem::size_of::<OutputEvent>();
    let event = OutputEvent { head: head(EVENT_OUTPUT, size), stream: 1, reserved: 0, data: Str::new(data) };
    (call.emit)(call.ctx, &event.head) == OK
}

unsafe extern "C" fn instance_run(
    instance: *mut Instance,
    call: *const Call,
    request: *const Request,
    result: *mut Outcome,
    error: *mut Error,
) -> Status {
    let (instance, call) = (&*instance.cast::<MyInstance>(), &*call);
    guard(instance.host, error, || {
        let code = (*request).code.bytes();
        if code.is_empty() {
            let message = "this backend runs code, not files; pass the text itself";
            return Err(Failure::new(INVALID_ARGUMENT, "my-rust-backend.no-code", message));
        }
        if (call.emit)(call.ctx, &head(EVENT_STARTED, std::mem::size_of::<Event>())) != OK {
            return Err(Failure::new(CANCELLED, "cancelled", "cancelled before it began"));
        }
        // From here on user code has begun: how it ends is an outcome, and the status of the call is OK.
        (*result).outcome = OUTCOME_EXITED;
        for line in code.split_inclusive(|byte| *byte == b'\n') {
            if !pause_for(call, instance.delay) || !emit_output(call, line) {
                (*result).outcome = OUTCOME_CANCELLED;
                break;
            }
        }
        Ok(())
    })
}

const fn c_str(text: &'static str) -> *const c_char {
    text.as_ptr().cast()
}

static PLUGIN: Plugin = Plugin {
    struct_size: std::mem::size_of::<Plugin>() as u32,
    abi_minor: MINOR,
    name: c_str("my-rust-backend\0"),
    version: c_str("0.1.0\0"),
    manifest_json: std::ptr::addr_of!(MANIFEST).cast(),
    init: None,
    deinit: None,
    executor_create,
    executor_destroy,
    executor_describe: None,
    executor_health: None,
    instance_open,
    instance_run,
    instance_reset: Some(instance_reset),
    instance_close,
    instance_cancel: None,
    get_extension: None,
};

/// The only symbol that this library exports.
///
/// # Safety
/// Called by the host with a valid `out`.
#[no_mangle]
pub unsafe extern "C" fn execlet_plugin_entry_v1(_host_minor: u32, out: *mut *const Plugin) -> Status {
    *out = &PLUGIN;
    OK
}
