// SPDX-License-Identifier: Apache-2.0
#include "guard.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace execlet::runner {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the filter reads the low halves of arguments where a little-endian machine has them"
#endif

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kNotOurs = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kAbsent = SECCOMP_RET_ERRNO | ENOSYS;  // a caller then does without

constexpr std::uint32_t kOwnerEx = 15;  // F_SETOWN_EX, whose target is in memory, where no filter can look
constexpr std::uint32_t kFileOwner = 0x8901, kSocketOwner = 0x8902;  // FIOSETOWN, SIOCSPGRP: the same
#if defined(__x86_64__)
constexpr std::uint32_t kX32Bit = 0x40000000;
#endif

// Appends instructions to a filter. The number of the call stays loaded between rules.
class FilterWriter {
 public:
  using Values = std::vector<std::uint32_t>;

  explicit FilterWriter(std::vector<sock_filter> &out) : out_(out) {}

  // A call by another binary interface has other numbers: none of them is let through.
  void own_interface_only() {
    load(offsetof(seccomp_data, arch));
    skip_if_equal(kArchitecture, 1);
    answer(kAbsent);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    out_.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1));
    answer(kAbsent);
#endif
  }
  void refuse(std::uint32_t call, std::uint32_t how) {
    out_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    answer(how);
  }
  // Refuses the call if one of the arguments is one of the values.
  void refuse_if(std::uint32_t call, std::initializer_list<unsigned> arguments, const Values &values) {
    const std::size_t size = arguments.size() * (1 + 2 * values.size()) + 1;
    out_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, static_cast<std::uint8_t>(size)));
    for (const unsigned argument : arguments) {
      load_argument(argument);
      for (const std::uint32_t value : values) refuse_value(value);
    }
    answer(kAllow);
  }
  // Refuses the call if argument 1 is `command` and argument 2 one of the values, or argument 1 is `never`.
  void refuse_command(std::uint32_t call, std::uint32_t never, std::uint32_t command, const Values &values) {
    const std::size_t size = 3 + 2 + 1 + 2 * values.size() + 1;
    out_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, static_cast<std::uint8_t>(size)));
    load_argument(1);
    refuse_value(never);
    skip_if_equal(command, 1);
    answer(kAllow);
    load_argument(2);
    for (const std::uint32_t value : values) refuse_value(value);
    answer(kAllow);
  }
  void allow_all_else() {
    answer(kAllow);
  }

 private:
  void load(std::size_t offset) {
    out_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  void load_argument(unsigned index) {
    load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
  }
  void skip_if_equal(std::uint32_t value, std::uint8_t count) {
    out_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, count, 0));
  }
  void refuse_value(std::uint32_t value) {
    out_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    answer(kNotOurs);
  }
  void answer(std::uint32_t action) {
    out_.push_back(BPF_STMT(BPF_RET | BPF_K, action));
  }

  std::vector<sock_filter> &out_;
};

std::vector<sock_filter> filter_for(pid_t runner, pid_t host) {
  using Values = FilterWriter::Values;
  const auto number = [](pid_t pid) { return static_cast<std::uint32_t>(pid); };
  Values processes = {number(runner)};
  // As a group: the runner leads its own; the host may be in anybody's.
  Values targets = {number(runner), number(-runner)};
  if (host > 0) {
    processes.push_back(number(host));
    targets.insert(targets.end(), {number(host), number(-host)});
    if (const pid_t group = getpgid(host); group > 0 && group != host) targets.push_back(number(-group));
  }
  Values killable = targets;
  killable.push_back(number(-1));

  std::vector<sock_filter> filter;
  FilterWriter write(filter);
  write.own_interface_only();
  write.refuse_if(__NR_kill, {0}, killable);
  for (const std::uint32_t call : {__NR_tkill, __NR_rt_sigqueueinfo, __NR_pidfd_open, __NR_process_vm_readv,
                                   __NR_process_vm_writev, __NR_prlimit64, __NR_sched_setscheduler, __NR_sched_setparam,
                                   __NR_sched_setaffinity, __NR_sched_setattr, __NR_migrate_pages, __NR_move_pages})
    write.refuse_if(call, {0}, processes);
  for (const std::uint32_t call : {__NR_tgkill, __NR_rt_tgsigqueueinfo, __NR_kcmp})
    write.refuse_if(call, {0, 1}, processes);
  for (const std::uint32_t call : {__NR_ptrace, __NR_setpriority, __NR_ioprio_set, __NR_perf_event_open})
    write.refuse_if(call, {1}, processes);
  // Whoever joined the runner's process group could signal it as its own.
  write.refuse_if(__NR_setpgid, {0, 1}, processes);
  // A directory of /proc is as good as a pidfd, and opening it cannot be told from opening others.
  write.refuse(__NR_pidfd_send_signal, kAbsent);
  // The owner of a descriptor gets any signal that its opener chooses.
  write.refuse_command(__NR_fcntl, kOwnerEx, F_SETOWN, targets);
  write.refuse_if(__NR_ioctl, {1}, {kFileOwner, kSocketOwner});
  write.allow_all_else();
  return filter;
}

bool can_filter() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return kArchitecture != 0 && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

// Rules of Landlock as of its version 6, the first that knows signals; nothing else is restricted.
int make_domain() {
  constexpr long kFirstWithSignals = 6;
  constexpr unsigned kVersion = 1;
  struct {
    std::uint64_t files = 0, network = 0, scoped = 2;  // 2: signals
  } const rules;
  if (syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion) < kFirstWithSignals) return -1;
  return static_cast<int>(syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0));  // close-on-exec
}

}  // namespace

void Guard::prepare(pid_t host) {
  if (!can_filter()) return;
  filter_ = filter_for(getpid(), host);
  domain_.reset(make_domain());
}

bool Guard::enter() const {
  if (filter_.empty()) return true;
  const sock_fprog program = {static_cast<unsigned short>(filter_.size()), const_cast<sock_filter *>(filter_.data())};
  // Without a right over the machine a process may restrict itself only for good, setuid programs included.
  for (const bool for_good : {false, true}) {
    if (for_good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    if (domain_ && syscall(SYS_landlock_restrict_self, domain_.get(), 0) != 0 && !for_good) continue;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return true;
  }
  return false;
}

}  // namespace execlet::runner
