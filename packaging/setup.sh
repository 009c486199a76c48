# SPDX-License-Identifier: Apache-2.0
#
# Sourced by packaging/quickstart, packaging/test and .ci/run: packages and the number of parallel compilations.
# Expects `set -euo pipefail`; leaves the caller in the project's root.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# need_packages LIST…: installs what is missing of packaging/packages/LIST; asks apt nothing if nothing is missing.
need_packages() {
  local list missing=() package
  for list in "$@"; do
    while read -r package; do
      [[ -z $package || $package == \#* ]] && continue
      [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
    done <"packaging/packages/$list"
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  say "installing ${missing[*]}"
  local root=()
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || die "these packages are missing and neither root nor sudo is there to install them:
    apt-get install ${missing[*]}"
    root=(sudo)
  fi
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update </dev/null
  "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null
}

# One compilation per core, but only as many as have 1.5 GB of memory each.
build_jobs() {
  local cores bytes file jobs
  cores=$(nproc)
  bytes=$(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) * 1024))
  for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    [[ -r $file ]] && [[ $(<"$file") =~ ^[0-9]{1,15}$ ]] && (($(<"$file") < bytes)) && bytes=$(<"$file")
  done
  jobs=$((bytes / 1500000000))
  ((jobs > cores)) && jobs=$cores
  ((jobs < 1)) && jobs=1
  echo "$jobs"
}
