#!/usr/bin/env bash
# Makes the Docker image that tests and the demo run programs in: Debian with Python 3, built from the packages of
# the Debian mirror that this machine's apt uses, so that no image registry is needed.
#
#   scripts/test-image.sh [TAG [PACKAGE...]]
#
# TAG is benchstack-test-python:latest unless given. PACKAGE are Debian packages to have beside python3, for example
# python3-numpy. Returns at once when the image exists with these packages. The root filesystem is kept under
# ${XDG_CACHE_HOME:-~/.cache}/benchstack, so that an engine that lost its images gets them back in seconds.
# Needs Debian, mmdebstrap and a Docker engine that answers.
set -euo pipefail

tag=${1:-benchstack-test-python:latest}
packages="python3 ${*:2}"
packages=${packages% }

fail() {
  echo "test-image: $*" >&2
  exit 1
}

# The packages an image was made from are its label: a tag is up to date when they are the ones asked for.
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

# Tests that start at the same time wait for one build instead of each making their own.
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
  # mmdebstrap reads none of the host's apt settings; a proxy, or leave to use an old snapshot, is one of them.
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
