// SPDX-License-Identifier: Apache-2.0
//
// Programs that turn on the runner, or on the host, where no PID namespace keeps them apart.
#include <unistd.h>

#include "catch.h"
#include "rungs.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

// Each line of the output is what became of one attempt on `victim`.
const char *const kAttempts =
    "import ctypes, errno, fcntl, os, signal, socket, struct, sys\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "def attempt(name, *arguments):\n"
    "  done = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]) >= 0\n"
    "  print(name, 'DONE' if done else errno.errorcode[ctypes.get_errno()], flush=True)\n"
    "buffer = ctypes.create_string_buffer(64)\n"
    "info = ctypes.create_string_buffer(struct.pack('iii', signal.SIGSTOP, 0, -1), 128)\n"
    "limit = ctypes.create_string_buffer(struct.pack('QQ', 0, 0))\n"
    "def attack(victim):\n"
    "  for number in signal.SIGSTOP, signal.SIGKILL:\n"
    "    attempt('kill', 62, victim, number)\n"
    "    attempt('kill group', 62, -victim, number)\n"
    "    attempt('tkill', 200, victim, number)\n"
    "    attempt('tgkill', 234, victim, victim, number)\n"
    "  attempt('rt_sigqueueinfo', 129, victim, signal.SIGSTOP, info)\n"
    "  attempt('rt_tgsigqueueinfo', 297, victim, victim, signal.SIGSTOP, info)\n"
    "  attempt('pidfd_open', 434, victim, 0)\n"
    "  directory = os.open('/proc/%d' % victim, os.O_RDONLY | os.O_DIRECTORY)\n"
    "  attempt('pidfd_send_signal', 424, directory, signal.SIGSTOP, None, 0)\n"
    "  attempt('ptrace', 101, 16, victim, 0, 0)\n"
    "  attempt('seize', 101, 0x4206, victim, 0, 0)\n"
    "  attempt('process_vm_readv', 310, victim, buffer, 1, buffer, 1, 0)\n"
    "  attempt('prlimit', 302, victim, 0, limit, None)\n"
    "  attempt('setpriority', 141, 0, victim, 19)\n"
    "  attempt('sched_setscheduler', 144, victim, 5, buffer)\n"
    "  attempt('setpgid', 109, 0, victim)\n"
    "  ours, theirs = socket.socketpair()\n"
    "  fcntl.fcntl(ours, 10, signal.SIGSTOP)\n"  // F_SETSIG
    "  attempt('setown', 72, ours.fileno(), 8, victim)\n"
    "  attempt('setown_ex', 72, ours.fileno(), 15, ctypes.create_string_buffer(struct.pack('ii', 1, victim)))\n"
    "  attempt('fiosetown', 16, ours.fileno(), 0x8901, ctypes.create_string_buffer(struct.pack('i', victim)))\n"
    "attempt('kill all', 62, -1, signal.SIGKILL)\n";

StartSpec attacker(const std::string &what) {
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c", kAttempts + what};
  return spec;
}

const std::vector<Rung> kWithoutNamespace(kRungs.begin() + 1, kRungs.end());

}  // namespace

#ifdef __x86_64__  // the numbers of the calls

TEST_CASE("without a PID namespace a program cannot signal, trace or limit the runner") {
  const Rung rung = GENERATE(from_range(kWithoutNamespace));
  INFO(rung.name);
  RunnerDriver runner(rung.options());
  const RunOutcome outcome = runner.run(attacker("attack(os.getppid())\nprint('alive')\n"));
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("DONE") == std::string::npos);
  CHECK(outcome.out.find("alive") != std::string::npos);
  CHECK(runner.run(shell("echo next")).out == "next\n");
}

TEST_CASE("what programs do to their own processes is not in the way of the guard") {
  const Rung rung = GENERATE(from_range(kWithoutNamespace));
  INFO(rung.name);
  RunnerDriver runner(rung.options());
  const RunOutcome outcome =
      runner.run(shell("sleep 60 & kill -STOP $!; kill -CONT $!; kill $!; wait $!; echo $?\n"
                       "(setsid sh -c 'kill -9 0'); echo $?\n"
                       "sh -c 'kill -USR1 $$'; echo $?\n"
                       "nice -n 5 true && echo nice"));
  CAPTURE(outcome.err);
  CHECK(outcome.out == "143\n137\n138\nnice\n");
}

#endif
