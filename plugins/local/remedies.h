// SPDX-License-Identifier: Apache-2.0
//
// What an administrator would change on this machine so that a limit, or the strongest containment, can be had. Looks
// at the system's settings; changes nothing.
#pragma once

#include <string>
#include <string_view>

namespace execlet::local {

// Why the containment is not the strongest one, as far as settings show it; never empty.
std::string why_no_namespaces();
// One line each: commands where there are such. Empty where nobody could change it.
std::string namespace_remedy();
// `controller`: "memory", "cpu", "pids".
std::string control_group_remedy(std::string_view controller);

}  // namespace execlet::local
