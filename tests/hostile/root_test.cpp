// SPDX-License-Identifier: Apache-2.0
//
// A program of root's in namespaces of its own: it cannot undo its limits or change the machine, and can do what
// installing and serving software needs. Every attempt on the machine is such that its success would change nothing.
#include <execlet/abi/base.h>
#include <fcntl.h>

#include "catch.h"
#include "rungs.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

StartSpec python(const std::string &code) {
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import ctypes, errno, os, socket, sys\n"
                    "libc = ctypes.CDLL(None, use_errno=True)\n"
                    "def call(name, *arguments):\n"
                    "  ctypes.set_errno(0)\n"
                    "  done = getattr(libc, name)(*arguments) >= 0\n"
                    "  print(name, 'DONE' if done else errno.errorcode[ctypes.get_errno()])\n" +
                        code};
  return spec;
}

// Python that leaves all control groups, as far as it can, and tells how often that worked.
const char *const kLeave =
    "left = 0\n"
    "for line in open('/proc/self/mounts'):\n"
    "  place, kind = line.split()[1:3]\n"
    "  if kind not in ('cgroup', 'cgroup2'): continue\n"
    "  for name in 'cgroup.procs', 'tasks':\n"
    "    try:\n"
    "      with open(place + '/' + name, 'w') as file: file.write('0')\n"
    "      left += 1\n"
    "    except OSError: pass\n"
    "print('left', left, flush=True)\n";

}  // namespace

TEST_CASE("root cannot leave the group that limits its memory") {
  RunnerDriver runner;
  StartSpec spec = python(std::string(kLeave) + "bytearray(b'x') * (300 << 20)\nprint('had it')\n");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  const RunOutcome outcome = runner.run(spec);
  CAPTURE(outcome.err);
  CHECK(outcome.out == "left 0\n");
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_MEMORY);
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_MEMORY).find("leave") == std::string::npos);
}

TEST_CASE("root cannot take from the runner what it watches the limits with") {
  RunnerDriver runner;
  StartSpec spec = python(
      "import resource\n"
      "try: resource.prlimit(1, resource.RLIMIT_NOFILE, (26, 26))\n"
      "except PermissionError: print('refused', os.getresuid(), flush=True)\n"
      "bytearray(b'x') * (300 << 20)\n");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  const RunOutcome outcome = runner.run(spec);
  CAPTURE(outcome.err);
  CHECK(outcome.out == "refused (0, 0, 0)\n");
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_MEMORY);
}

TEST_CASE("root cannot leave the group that limits its processes") {
  RunnerDriver runner;
  StartSpec spec = python(std::string(kLeave) +
                          "made = 0\n"
                          "try:\n"
                          "  for i in range(40):\n"
                          "    if os.fork() == 0: libc.pause()\n"
                          "    made += 1\n"
                          "except OSError: print('refused at', made < 10)\n");
  spec.limits[EXECLET_ABI_LIMIT_PIDS] = 10;
  const RunOutcome outcome = runner.run(spec);
  CAPTURE(outcome.err);
  CHECK(outcome.out == "left 0\nrefused at True\n");
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_PIDS);
}

TEST_CASE("where groups can be written to, how says that a program can leave them") {
  RunnerOptions options;
  options.containment = Containment::kSubreaper;
  RunnerDriver runner(options);
  StartSpec spec = shell("true");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  CHECK(runner.run(spec).how_limited.at(EXECLET_ABI_LIMIT_MEMORY).find("which a program can leave") !=
        std::string::npos);
}

TEST_CASE("root cannot enlarge or take away the file system that limits its disk") {
  RunnerOptions options;
  options.disk_bytes = 8 * kMiB;
  RunnerDriver runner(options);
  StartSpec spec = shell(
      "d=$(dirname \"$PWD\"); mount -o remount,size=100m $d && echo enlarged; umount -l $d && echo gone\n"
      "mount -t tmpfs none $d && echo covered; head -c 20000000 /dev/zero >big");
  spec.limits[EXECLET_ABI_LIMIT_DISK] = kMiB;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out.empty());
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_DISK);
}

TEST_CASE("root cannot raise a resource limit that it was given") {
  RunnerDriver runner;
  StartSpec spec = python(
      "import resource\n"
      "try: resource.setrlimit(resource.RLIMIT_NOFILE, (900, 900)); print('raised')\n"
      "except (ValueError, OSError): print('kept')\n");
  spec.limits[EXECLET_ABI_LIMIT_OPEN_FILES] = 64;
  CHECK(runner.run(spec).out == "kept\n");
}

TEST_CASE("root cannot change the machine: clock, name, kernel, settings") {
  RunnerDriver runner;
  const RunOutcome outcome =
      runner.run(python("name = socket.gethostname().encode()\n"
                        "call('syscall', 164, None, None)\n"  // settimeofday
                        "call('sethostname', name, len(name))\n"
                        "call('swapon', b'/nowhere', 0)\n"
                        "call('syscall', 175, None, 0, b'')\n"  // init_module
                        "call('acct', b'/nowhere')\n"
                        "call('iopl', 3)\n"
                        "call('unshare', 0x00020000)\n"                              // CLONE_NEWNS
                        "call('unshare', 0x10000000)\n"                              // CLONE_NEWUSER
                        "call('syscall', 56, 0x10000011, None, None, None, None)\n"  // clone
                        "call('unshare', 0x40000000)\n"                              // CLONE_NEWNET
                        "for path in '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger':\n"
                        "  try: open(path, 'r+' if 'core' in path else 'w'); print('opened')\n"
                        "  except OSError as e: print(e.strerror)\n"
                        "print(os.access('/sys/kernel', os.W_OK))\n"
                        "status = open('/proc/self/status').read()\n"
                        "given = int(status.split('CapEff:')[1].split()[0], 16)\n"
                        "print(given & ~0xa80425fb)\n"));
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("DONE") == std::string::npos);
  CHECK(outcome.out.find("opened") == std::string::npos);
  CHECK(outcome.out.find("True") == std::string::npos);
  CHECK(outcome.out.find("\n0\n") != std::string::npos);  // no capability beyond those usual in containers
}

TEST_CASE("root cannot mount, change its root mount, enter other namespaces or have a group released") {
  RunnerDriver runner;
  const RunOutcome outcome =
      runner.run(python("os.mkdir('d')\n"
                        "call('mount', b'none', b'd', b'tmpfs', 0, None)\n"
                        "call('mount', b'/', b'd', None, 0x1000, None)\n"  // MS_BIND
                        "call('umount2', b'/proc', 2)\n"
                        "call('syscall', 155, b'd', b'd')\n"           // pivot_root
                        "call('syscall', 430, b'tmpfs', 0)\n"          // fsopen
                        "call('syscall', 428, -100, b'/', 1)\n"        // open_tree
                        "call('syscall', 304, -100, bytes(128), 0)\n"  // open_by_handle_at
                        "for kind in 'mnt', 'pid', 'net':\n"
                        "  call('setns', os.open('/proc/self/ns/' + kind, os.O_RDONLY), 0)\n"
                        "for line in open('/proc/self/mounts'):\n"
                        "  place, kind = line.split()[1:3]\n"
                        "  for name in 'release_agent', 'notify_on_release', 'cgroup.subtree_control':\n"
                        "    if kind.startswith('cgroup') and os.path.exists(place + '/' + name):\n"
                        "      print(name, os.access(place + '/' + name, os.W_OK))\n"));
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("DONE") == std::string::npos);
  CHECK(outcome.out.find("True") == std::string::npos);
}

TEST_CASE("in private directories setuid bits and devices have no effect") {
  RunnerDriver runner;
  const RunOutcome outcome =
      runner.run(shell("cp /usr/bin/id id; chmod 4755 id; mknod null c 1 3; chmod 666 null\n"
                       "setpriv --reuid 65534 ./id -u; cat null && echo opened"));
  CAPTURE(outcome.err);
  CHECK(outcome.out == "65534\n");
}

TEST_CASE("an ordinary user's programs gain no rights from setuid programs") {
  RunnerOptions options;
  options.unprivileged = true;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  CHECK(runner.run(shell("grep NoNewPrivs /proc/self/status; grep CapBnd /proc/self/status")).out ==
        "NoNewPrivs:\t1\nCapBnd:\t0000000000000000\n");
}

TEST_CASE("root cannot trace the runner or take its descriptors, and keeps its output") {
  RunnerDriver runner;
  const RunOutcome outcome =
      runner.run(python("print('begun', flush=True)\n"
                        "call('ptrace', 16, 1, None, None)\n"
                        "call('ptrace', 0x4206, 1, None, None)\n"
                        "call('syscall', 438, os.pidfd_open(1), 0, 0)\n"  // pidfd_getfd
                        "call('kill', 1, 9)\n"
                        "for name in 'mem', 'environ', 'fd/0':\n"
                        "  try: open('/proc/1/' + name, 'rb').read(1); print('opened')\n"
                        "  except OSError as e: print(e.strerror)\n"));
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.out.substr(0, 6) == "begun\n");
  CHECK(outcome.out.find("ptrace DONE") == std::string::npos);
  CHECK(outcome.out.find("syscall DONE") == std::string::npos);
  CHECK(outcome.out.find("opened") == std::string::npos);
  CHECK(runner.run(shell("echo next")).out == "next\n");
}

TEST_CASE("root can do what installing and serving software needs") {
  RunnerDriver runner;
  const RunOutcome outcome =
      runner.run(python("open('file', 'w').close()\n"
                        "os.chown('file', 65534, 65534)\n"
                        "os.chmod('file', 0o000)\n"
                        "open('file').read()\n"  // whatever its mode and owner
                        "os.chmod('file', 0o4755)\n"
                        "os.mknod('fifo', 0o010600)\n"
                        "server = socket.socket()\n"
                        "for port in range(1, 1024):\n"
                        "  try: server.bind(('127.0.0.1', port)); print('bound'); break\n"
                        "  except OSError as e:\n"
                        "    if e.errno != errno.EADDRINUSE: raise\n"
                        "child = os.fork()\n"
                        "if child == 0:\n"
                        "  os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
                        "  print('uid', os.getuid(), flush=True); os.read(os.pipe()[0], 1)\n"
                        "import time\n"
                        "while 'Uid:\\t65534' not in open('/proc/%d/status' % child).read(): time.sleep(0.01)\n"
                        "os.kill(child, 9); print(os.waitpid(child, 0)[1])\n"
                        "import threading\n"
                        "thread = threading.Thread(target=os.getpid); thread.start(); thread.join()\n"
                        "os.chroot('/'); print('chroot')\n"));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("bound\n") == 0);
  CHECK(outcome.out.find("9\nchroot\n") != std::string::npos);
}
