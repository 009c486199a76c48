# SPDX-License-Identifier: Apache-2.0
"""ctypes_host.py LIBRARY: a Python process as a host, through the C API; its threads run and cancel, and it forks."""
import ctypes
import os
import sys
import threading

EVENT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
execlet = ctypes.CDLL(sys.argv[1])  # RTLD_LOCAL, as always in Python
for name in ("execlet_request_new", "execlet_executor_submit", "execlet_executor_execute", "execlet_execution_result"):
    getattr(execlet, name).restype = ctypes.c_void_p
for name in ("execlet_result_output", "execlet_result_json", "execlet_version"):
    getattr(execlet, name).restype = ctypes.c_char_p


class Options(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("log_level", ctypes.c_uint32), ("config_path", ctypes.c_char_p),
                ("config_json", ctypes.c_char_p), ("plugin_dirs", ctypes.c_void_p), ("plugin_dir_count", ctypes.c_size_t),
                ("log", ctypes.c_void_p), ("log_ctx", ctypes.c_void_p)]


def open_executor():
    options = Options(struct_size=ctypes.sizeof(Options), config_json=b"{}")
    runtime, executor = ctypes.c_void_p(), ctypes.c_void_p()
    assert execlet.execlet_runtime_open(ctypes.byref(options), ctypes.byref(runtime), None) == 0
    assert execlet.execlet_runtime_executor_from_json(runtime, b"here", b'{"backend": "local"}', ctypes.byref(executor),
                                                      None) == 0
    return runtime, executor


def request(code):
    made = ctypes.c_void_p(execlet.execlet_request_new())
    execlet.execlet_request_set_language(made, b"sh")
    execlet.execlet_request_set_code(made, code, ctypes.c_size_t(len(code)))
    return made


def say_hello(executor):
    result = ctypes.c_void_p(execlet.execlet_executor_execute(executor, request(b"echo hello"), None, None))
    assert execlet.execlet_result_output(result, None) == b"hello\n", execlet.execlet_result_json(result)
    execlet.execlet_result_free(result)


def stop_by_a_callback(executor):
    @EVENT
    def on_event(_, execution, event):  # takes the interpreter's lock on a thread of the library
        execlet.execlet_execution_cancel(ctypes.c_void_p(execution))

    execution = ctypes.c_void_p(execlet.execlet_executor_submit(executor, request(b"echo x; sleep 1000"), on_event, None))
    result = ctypes.c_void_p(execlet.execlet_execution_result(execution))
    assert execlet.execlet_result_status(result) == 5, execlet.execlet_result_json(result)
    execlet.execlet_execution_free(execution)


def main():
    runtime, executor = open_executor()
    failed = []

    def watch(target):
        try:
            target(executor)
        except AssertionError as error:
            failed.append(error)

    threads = [threading.Thread(target=watch, args=(target,)) for target in [say_hello, stop_by_a_callback] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    child = os.fork()
    if child == 0:
        result = ctypes.c_void_p(execlet.execlet_executor_execute(executor, request(b"echo hello"), None, None))
        assert execlet.execlet_result_status(result) == 9, execlet.execlet_result_json(result)
        say_hello(open_executor()[1])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    say_hello(executor)
    execlet.execlet_executor_free(executor)
    execlet.execlet_runtime_close(runtime)
    print("hello from", sys.implementation.name, execlet.execlet_version().decode())


if __name__ == "__main__":
    main()
