// SPDX-License-Identifier: Apache-2.0
#include "privileges.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace execlet::runner {

namespace {

constexpr std::uint64_t bit(unsigned capability) {
  return std::uint64_t{1} << capability;
}

constexpr std::uint64_t kUsualInContainers =
    bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_FSETID) | bit(CAP_KILL) | bit(CAP_SETGID) |
    bit(CAP_SETUID) | bit(CAP_SETPCAP) | bit(CAP_NET_BIND_SERVICE) | bit(CAP_NET_RAW) | bit(CAP_SYS_CHROOT) |
    bit(CAP_MKNOD) | bit(CAP_AUDIT_WRITE) | bit(CAP_SETFCAP);

// What an execve can give from now on; this process keeps what it has.
void leave_only(std::uint64_t kept) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (unsigned capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if ((kept & bit(capability)) == 0) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return;
  data[0].inheritable &= static_cast<std::uint32_t>(kept);
  data[1].inheritable &= static_cast<std::uint32_t>(kept >> 32);
  syscall(SYS_capset, &header, data);
}

struct Interface {
  std::uint32_t architecture, number_mask, unshare, clone, clone3;
};

constexpr Interface kInterfaces[] = {
#if defined(__x86_64__)
    {AUDIT_ARCH_X86_64, 0xbfffffff, __NR_unshare, __NR_clone,
     __NR_clone3},  // x32 has the same numbers and one bit more
    {AUDIT_ARCH_I386, 0xffffffff, 310, 120, 435},
#elif defined(__aarch64__)
    {AUDIT_ARCH_AARCH64, 0xffffffff, __NR_unshare, __NR_clone, __NR_clone3},
#elif defined(__riscv)
    {AUDIT_ARCH_RISCV64, 0xffffffff, __NR_unshare, __NR_clone, __NR_clone3},
#endif
};

// The flags of clone3 are in memory, where a filter cannot look: callers fall back to clone.
void append_rules(std::vector<sock_filter> &filter, const Interface &its) {
  const sock_filter rules[] = {
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, its.architecture, 0, 11),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, its.number_mask),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, its.clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, its.unshare, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, its.clone, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  filter.insert(filter.end(), std::begin(rules), std::end(rules));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
}

}  // namespace

bool forbid_user_namespaces() {
  std::vector<sock_filter> filter = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch))};
  for (const Interface &its : kInterfaces) append_rules(filter, its);
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

void keep_capabilities_from_programs() {
  leave_only(0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void keep_machine_from_programs() {
  leave_only(kUsualInContainers);
  // prlimit(2) wants the caller to be the other's real, effective and saved user: nobody is all of these any more. Else
  // a program could take away the descriptors by which its limits are watched. What is started has the effective one.
  constexpr uid_t kNobody = 65534;
  syscall(SYS_setresuid, -1, -1, kNobody);
}

}  // namespace execlet::runner
