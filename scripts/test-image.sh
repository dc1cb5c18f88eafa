#!/usr/bin/env bash
# Builds the Docker image in which tests and benchmarks run programs: Debian with Python 3, from packages of the Debian
# mirror that apt uses on this machine, so that no image registry is needed.
#
#   scripts/test-image.sh [TAG [PACKAGE...]]
#
# TAG is benchstack-test-python:latest by default. PACKAGE are additional Debian packages, for example python3-numpy.
# Returns at once when the image with these packages exists. The root file system is kept in
# ${XDG_CACHE_HOME:-~/.cache}/benchstack, so that a lost image can be imported again in seconds.
# Needs Debian, mmdebstrap and a running Docker engine.
set -euo pipefail

tag=${1:-benchstack-test-python:latest}
packages="python3 ${*:2}"
packages=${packages% }

fail() {
  echo "test-image: $*" >&2
  exit 1
}

# A label of the image names its packages. The tag is current when they are the requested ones.
is_current() {
  [ "$(docker image inspect --format '{{index .Config.Labels "benchstack.packages"}}' "$tag" 2>/dev/null)" = "$packages" ]
}

docker version >/dev/null 2>&1 || fail "no Docker engine answers. Install docker.io and start it."
if is_current; then exit 0; fi

. /etc/os-release
suite=${VERSION_CODENAME:?}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/benchstack
mkdir -p "$cache"
rootfs=$cache/rootfs-$suite-$(printf %s "$packages" | sha256sum | cut -c1-12).tar

# Processes that start at the same time wait for one build.
exec 9>"$rootfs.lock"
flock 9
if is_current; then exit 0; fi

if [ ! -s "$rootfs" ]; then
  command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing. Run: apt-get install mmdebstrap"
  mapfile -t mirrors < <(
    apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' \
      'Created-By: Packages' 'Origin: Debian' "Architecture: $(dpkg --print-architecture)" | sort -u
  )
  [ ${#mirrors[@]} -gt 0 ] || fail "apt knows no Debian mirror. Run: apt-get update"

  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # mmdebstrap does not read the host's apt settings. Some are needed, for example a proxy or the use of an old snapshot.
  apt-config dump Acquire | grep -E '^Acquire::((https?|ftp)::|Check-Valid-Until|Retries)' >"$work/apt.conf" || true

  echo "test-image: building $tag from $suite packages: $packages" >&2
  mmdebstrap --quiet --variant=essential --include="${packages// /,}" \
    --aptopt="$work/apt.conf" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/apt/sources.list' \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    "$suite" "$work/rootfs.tar" "${mirrors[@]}" >&2
  mv "$work/rootfs.tar" "$rootfs"
fi

docker import \
  --change "LABEL benchstack.packages=\"$packages\"" \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change 'ENV LANG=C.UTF-8' \
  --change 'CMD ["python3"]' \
  "$rootfs" "$tag" >/dev/null
echo "test-image: $tag is ready" >&2
