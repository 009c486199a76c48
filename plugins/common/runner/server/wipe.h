// SPDX-License-Identifier: Apache-2.0
//
// Emptying a directory whatever a program left there: any depth, any name, any permissions. Follows no link. No other
// process may be changing the tree.
#pragma once

namespace execlet::runner {

// Removes everything in the open directory; false if something would not go.
bool empty_directory(int directory);
// Removes the extended attributes of the open directory itself, as far as that is allowed.
void remove_attributes(int directory);

}  // namespace execlet::runner
