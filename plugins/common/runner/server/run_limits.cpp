// SPDX-License-Identifier: Apache-2.0
#include "run_limits.h"

#include <sys/resource.h>

#include <algorithm>

#include "protocol.h"
#include "small_file.h"

namespace execlet::runner {
namespace {

constexpr std::string_view kRlimitMemory = "rlimit, per process, private memory only";
constexpr std::string_view kSampledCpuTime =
    "sampled over the process tree, children that nobody waits for not counted";
constexpr std::uint64_t kCpuPeriodUs = 100'000;

void attach(CgroupNode *node, SpawnPlan &plan) {
  if (std::find(plan.attach_fds.begin(), plan.attach_fds.end(), node->attach_fd()) == plan.attach_fds.end())
    plan.attach_fds.push_back(node->attach_fd());
}

// A limit that is stricter already stays: raising it needs a right that we may not have.
void add_resource_limit(SpawnPlan &plan, int resource, std::uint64_t &value) {
  rlimit present{};
  if (getrlimit(static_cast<__rlimit_resource_t>(resource), &present) == 0 && present.rlim_max != RLIM_INFINITY)
    value = std::min<std::uint64_t>(value, present.rlim_max);
  plan.resource_limits.push_back({resource, value});
}

}  // namespace

std::vector<LimitInForce> Limits::abilities() const {
  std::vector<LimitInForce> list;
  list.push_back({kWallTime, 0, wall_time_});
  const bool memory = groups_.available(Controller::kMemory);
  list.push_back({kMemory, 0, memory ? std::string("cgroup memory, whole process tree") : std::string(kRlimitMemory)});
  if (groups_.available(Controller::kCpu)) list.push_back({kCpus, 0, "cgroup cpu quota"});
  const bool accounting = groups_.available(Controller::kCpuAccounting);
  list.push_back(
      {kCpuTime, 0, std::string(accounting ? "cgroup cpu accounting, whole process tree" : kSampledCpuTime)});
  if (groups_.available(Controller::kPids)) list.push_back({kPids, 0, "cgroup pids"});
  list.push_back({kOpenFiles, 0, "rlimit, per process"});
  list.push_back({kFileSize, 0, "rlimit, per file"});
  list.push_back({kOutput, 0, "counted by the runner"});
  if (workspace_.can_limit_disk()) list.push_back({kDisk, 0, "size of a tmpfs"});
  return list;
}

bool Limits::apply(const LimitValues &wanted, bool best_effort, SpawnPlan &plan, std::vector<LimitInForce> &in_force,
                   Failure &failure) {
  memory_ = pids_ = cpu_accounting_ = nullptr;
  disk_ = false;
  for (std::uint32_t kind = 0; kind < kLimitKinds; ++kind) {
    if (wanted[kind] == 0) {
      lift(kind);
      continue;
    }
    std::uint64_t value = wanted[kind];
    std::string why;
    std::string how = apply_one(kind, value, plan, why);
    if (how.empty() && !best_effort) {
      failure = {Code::kPolicy, "limits.not-enforceable",
                 "the limit " + std::string(limit_name(kind)) + " cannot be enforced here: " + why +
                     "; leave it out, or ask for best effort"};
      return false;
    }
    in_force.push_back({kind, how.empty() ? 0 : value, std::move(how)});
  }
  // A run without a disk limit gets back the room that an earlier one was denied.
  if (!disk_) workspace_.limit_disk(0, nullptr);
  return true;
}

// One group can hold several kinds, and kill_all() uses the one of pids: a run that does not ask for a kind may enter a
// group in which an earlier run left a limit of that kind.
void Limits::lift(std::uint32_t kind) {
  if ((left_in_groups_ & 1u << kind) == 0) return;
  left_in_groups_ &= ~(1u << kind);
  if (kind == kMemory) {
    const CgroupNode &node = *groups_.node(Controller::kMemory);
    node.write(node.version2() ? "memory.max" : "memory.memsw.limit_in_bytes", node.version2() ? "max" : "-1");
    node.write(node.version2() ? "memory.swap.max" : "memory.limit_in_bytes", node.version2() ? "max" : "-1");
  } else if (kind == kPids) {
    groups_.node(Controller::kPids)->write("pids.max", "max");
  } else if (kind == kCpus) {
    const CgroupNode &node = *groups_.node(Controller::kCpu);
    node.write(node.version2() ? "cpu.max" : "cpu.cfs_quota_us", node.version2() ? "max" : "-1");
  }
}

// Root, and a user to whom groups are handed on, can take their programs out of a group that they may write to.
std::string Limits::how_by_group(const CgroupNode &node, std::string_view what) const {
  std::string how(node.version2() ? "cgroup v2 " : "cgroup v1 ");
  how += what;
  return groups_kept_ ? how : how + ", which a program can leave";
}

std::string Limits::apply_one(std::uint32_t kind, std::uint64_t &value, SpawnPlan &plan, std::string &why) {
  switch (kind) {
    case kWallTime:
      return wall_time_;
    case kMemory:
      return apply_memory(value, plan);
    case kCpus:
      return apply_cpus(value, plan, why);
    case kCpuTime:
      return apply_cpu_time(plan);
    case kPids:
      return apply_pids(value, plan, why);
    case kOpenFiles:
      add_resource_limit(plan, RLIMIT_NOFILE, value);
      return "rlimit, per process";
    case kFileSize:
      add_resource_limit(plan, RLIMIT_FSIZE, value);
      return "rlimit, per file";
    case kOutput:
      return "counted by the runner";
    case kDisk:
      disk_ = workspace_.limit_disk(value, &why);
      return disk_ ? "size of the tmpfs that holds the working and temporary directories" : "";
    default:
      why = "unknown kind of limit";
      return "";
  }
}

std::string Limits::apply_memory(std::uint64_t &value, SpawnPlan &plan) {
  CgroupNode *node = groups_.node(Controller::kMemory);
  const std::string bytes = decimal(value);
  bool set = false;
  if (node != nullptr) left_in_groups_ |= 1u << kMemory;
  if (node != nullptr && node->version2()) {
    set = node->write("memory.max", bytes) == 0;
    node->write("memory.swap.max", "0");
    node->write("memory.oom.group", "0");
  } else if (node != nullptr) {
    // The limit with swap must never be below the one without: the first write fails when the limit rises, the last
    // one when swap accounting is off.
    node->write("memory.limit_in_bytes", bytes);
    node->write("memory.memsw.limit_in_bytes", bytes);
    set = node->write("memory.limit_in_bytes", bytes) == 0;
    node->write("memory.memsw.limit_in_bytes", bytes);
    node->write("memory.max_usage_in_bytes", "0");
  }
  if (!set) {
    add_resource_limit(plan, RLIMIT_DATA, value);
    return std::string(kRlimitMemory);
  }
  memory_ = node;
  oom_kills_before_ = oom_kills();
  peak_before_ = node->version2() ? peak_counter() : 0;
  attach(node, plan);
  return how_by_group(*node, "memory, whole process tree");
}

std::string Limits::apply_pids(std::uint64_t value, SpawnPlan &plan, std::string &why) {
  CgroupNode *node = groups_.node(Controller::kPids, &why);
  if (node == nullptr) return "";
  if (node->write("pids.max", decimal(value)) != 0) {
    why = "cannot write pids.max in " + node->directory();
    return "";
  }
  left_in_groups_ |= 1u << kPids;
  pids_ = node;
  pids_refused_before_ = pids_refused();
  attach(node, plan);
  return how_by_group(*node, "pids, processes and threads");
}

std::string Limits::apply_cpus(std::uint64_t value, SpawnPlan &plan, std::string &why) {
  CgroupNode *node = groups_.node(Controller::kCpu, &why);
  if (node == nullptr) return "";
  left_in_groups_ |= 1u << kCpus;
  const std::string quota = decimal(std::max<std::uint64_t>(value * kCpuPeriodUs / 1000, 1000));
  int error = 0;
  if (node->version2()) {
    error = node->write("cpu.max", quota + ' ' + decimal(kCpuPeriodUs));
  } else {
    error = node->write("cpu.cfs_period_us", decimal(kCpuPeriodUs));
    if (error == 0) error = node->write("cpu.cfs_quota_us", quota);
  }
  if (error != 0) {
    why = "cannot set the quota in " + node->directory() + ": " + std::string(error_text(error));
    return "";
  }
  attach(node, plan);
  return how_by_group(*node, "cpu quota");
}

std::string Limits::apply_cpu_time(SpawnPlan &plan) {
  CgroupNode *node = groups_.node(Controller::kCpuAccounting);
  if (node == nullptr) return std::string(kSampledCpuTime);
  cpu_accounting_ = node;
  cpu_before_ = cpu_counter();
  attach(node, plan);
  return how_by_group(*node, "cpu accounting, whole process tree");
}

std::uint64_t Limits::oom_kills() const {
  if (memory_->version2()) return number_after(memory_->read("memory.events"), "oom_kill ");
  return number_after(memory_->read("memory.oom_control"), "oom_kill ");
}

std::uint64_t Limits::pids_refused() const {
  return number_after(pids_->read("pids.events"), "max ");
}

std::uint64_t Limits::cpu_counter() const {
  if (cpu_accounting_->version2()) return number_after(cpu_accounting_->read("cpu.stat"), "usage_usec ") * 1000;
  return number_after(cpu_accounting_->read("cpuacct.usage"), "");
}

std::uint32_t Limits::counted_hits() const {
  std::uint32_t hits = 0;
  if (memory_ != nullptr && oom_kills() > oom_kills_before_) hits |= 1u << kMemory;
  if (pids_ != nullptr && pids_refused() > pids_refused_before_) hits |= 1u << kPids;
  if (disk_ && workspace_.disk_full()) hits |= 1u << kDisk;
  return hits;
}

std::uint64_t Limits::peak_counter() const {
  return number_after(memory_->read(memory_->version2() ? "memory.peak" : "memory.max_usage_in_bytes"), "");
}

// The counter of version 2 cannot be set back: one that did not rise tells about an earlier run.
std::uint64_t Limits::peak_memory() const {
  if (memory_ == nullptr) return 0;
  const std::uint64_t peak = peak_counter();
  return peak > peak_before_ ? peak : 0;
}

std::uint64_t Limits::cpu_used() const {
  return cpu_accounting_ != nullptr ? cpu_counter() - cpu_before_ : 0;
}

}  // namespace execlet::runner
