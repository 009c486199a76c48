// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for libexeclet.so that plays what a test wrote down and records what it was asked, so that the C++ header
// is tested by itself: every status, every field, every callback.
#pragma once

#include <execlet/execlet.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace fake {

struct Event {
  int type;
  std::string data;
  std::string name;
};

struct ResultScript {
  execlet_status status = EXECLET_OK;
  bool exited = true;
  int exit_code = 0;
  int signal = 0;
  std::string output, error;
  std::string reason, message, details = "{}";
  bool retryable = false, started = false;
  std::vector<ResultScript> blocks;
};

struct Script {
  ResultScript result;
  std::vector<Event> events;
  execlet_status open_status = EXECLET_OK;  // of runtime, executor, check and the like
  std::string reason, message;
};

// What the library was asked.
struct Record {
  std::map<std::string, std::string> request;  // "code", "limit memory", "file a.py", …
  std::vector<std::string> blocks;             // "language:code"
  std::vector<std::string> sessions;           // opened, "closed ID"
  std::string config_path, config_json, executor_name;
  std::vector<std::string> plugin_dirs;
  int cancels = 0;
  int events_delivered = 0;
  std::string input;
  int alive = 0;  // handles not yet freed
};

extern Script script;
extern Record record;

void reset();
// As the library would, on any thread.
void log(int level, const char *component, const char *message);

}  // namespace fake
