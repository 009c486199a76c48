// SPDX-License-Identifier: Apache-2.0
//
// A second translation unit with the header: it must define nothing that clashes with the first.
#include <execlet/execlet.hpp>

const char *name_of_ok() {
  return execlet::to_string(execlet::Status::kOk);
}
