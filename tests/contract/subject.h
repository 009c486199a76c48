// SPDX-License-Identifier: Apache-2.0
//
// The backend under test, as it was registered (see README.md), and what its manifest claims. A case asks the claims
// what must hold: what is claimed is proven, what is not claimed is shown to be refused.
#pragma once

#include <execlet/execlet.hpp>
#include <string>

namespace execlet::test {

// A registration; one per test program, in a source file that CMake writes.
struct Subject {
  const char *backend;
  const char *plugin_dir;  // where its plugin lies; empty: where hosts look by themselves
  const char *options;     // a JSON object
  // The name of a process that holds a run and whose death is the backend's: its argv[0], without directories.
  const char *supervisor;
  // Programs see, and could kill, processes that are not of their run.
  bool shares_processes;
  // The whole test program gives up root's rights before anything else.
  bool as_user;
};
extern const Subject kSubject;

// From the manifest alone, as a host sees it.
class Claims {
 public:
  Claims();

  std::string text(const std::string &key) const;  // "isolation", "state", "reset"
  bool flag(const std::string &key) const;         // "stdin", "files"
  bool network(const std::string &value) const;
  bool limit(const std::string &name) const;   // of scope "run" or "instance"
  bool option(const std::string &name) const;  // it has an option of that name
  bool language(const std::string &name) const;

 private:
  std::string manifest_;
};

// An executor of the backend, with the registration's options and `more`, which win, and what stands beside the
// options.
struct Place {
  Runtime runtime;
  Executor executor;

  explicit Place(const std::string &more = "{}", const std::string &beside = "{}");

  // One more of the registration's, of another name.
  Executor another(const std::string &name) const;

  // Runs a script for sh.
  Result sh(const std::string &script, Request request = {}) const;
  Result run(const std::string &language, const std::string &code, Request request = {}) const;
};

Request with_times(double timeout, double grace);

// The report on one limit; null if the result has none.
const LimitReport *report(const Result &result, const std::string &name);

bool has(const std::string &text, const std::string &part);

}  // namespace execlet::test
