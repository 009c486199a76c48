// SPDX-License-Identifier: Apache-2.0
//
// Control groups of version 1, version 2 and both at once ("hybrid"): where this process is, and directories of our own
// below that. Nothing is created before it is needed, all is removed at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "descriptor.h"

namespace execlet::runner {

enum class Controller { kMemory, kPids, kCpu, kCpuAccounting, kFreezer, kUnified };

// One directory of ours in one hierarchy.
class CgroupNode {
 public:
  // `directory` is what people know it by, `way` how this process gets there.
  CgroupNode(std::string directory, std::string way, bool version2);

  bool version2() const { return version2_; }
  const std::string &directory() const { return directory_; }
  // The file to which a starting process writes "0" to become a member.
  int attach_fd() const { return attach_.get(); }
  int write(std::string_view file, std::string_view text) const;
  std::string read(std::string_view file) const;
  bool has(std::string_view file) const;

 private:
  friend class CgroupTree;
  std::string directory_, way_;
  bool version2_;
  Descriptor lock_;  // held while the group is in use, so that others see that its owner lives
  Descriptor attach_;
};

// The hierarchies that are mounted here. Groups are made in this process's own group, under `name`.
class CgroupTree {
 public:
  explicit CgroupTree(std::string name) : name_(std::move(name)) {}
  ~CgroupTree();
  CgroupTree(const CgroupTree &) = delete;
  CgroupTree &operator=(const CgroupTree &) = delete;

  // Reads the mounts, at the first call; before it everything is absent.
  void discover();
  // True if a group with this controller can probably be made (its directory is writable).
  bool available(Controller controller) const;
  // Our group with that controller, made at the first call; nullptr if that fails (`why` then holds the reason).
  CgroupNode *node(Controller controller, std::string *why = nullptr);
  // Removes what was made, once no process is left in it.
  void remove();
  // All directories that node() can have made, whether they exist or not.
  std::vector<std::string> directories() const;

 private:
  struct Hierarchy {
    std::string parent;  // the directory in which our group goes
    Descriptor opened;   // that directory, as long as it could be written to
    std::string way;     // to that directory, through the descriptor
    bool version2 = false;
    std::vector<std::string> controllers;
  };
  const Hierarchy *find(Controller controller) const;
  int make(CgroupNode &node) const;
  void add_mount(std::string_view mountinfo_line, std::string_view own_groups);

  std::string name_;
  bool discovered_ = false;
  std::vector<Hierarchy> hierarchies_;
  std::vector<CgroupNode> nodes_;  // reserved up front: pointers stay valid
};

}  // namespace execlet::runner
