# shellcheck shell=bash
# What the scripts share; sourced, not run. Sets `root`, the folder of the workspace.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Everything but results goes to standard error.
say() { printf '%s\n' "$*" >&2; }

# `fail ERROR [HINTS]`: empty hints are left out, one hint may have several lines.
fail() {
    say "error: $1"
    shift
    local hint
    for hint in "$@"; do
        if [ -n "$hint" ]; then printf '%s\n' "$hint" | sed 's/^/  hint: /' >&2; fi
    done
    exit 1
}

# Says a command, then runs it.
run() {
    say "+ $*"
    "$@"
}

has() { command -v "$1" >/dev/null 2>&1; }

# A shell that did not read the profile after rustup's installation does not know cargo yet.
require_cargo() {
    local env="${CARGO_HOME:-${HOME:-}/.cargo}/env"
    if ! has cargo && [ -r "$env" ]; then
        # shellcheck disable=SC1090
        . "$env"
    fi
    has cargo || fail "cargo is not found" "install Rust from https://rustup.rs, or put cargo on the PATH"
}

# Whether HDF5 is to be built from source and linked statically: SPHEREFLOW_STATIC_HDF5=1.
static_hdf5() {
    case "${SPHEREFLOW_STATIC_HDF5:-0}" in
        1 | true | yes) return 0 ;;
        *) return 1 ;;
    esac
}

# `cargo_run SUBCOMMAND ARGS`: cargo on this workspace from any folder, with the feature for a static HDF5 if asked for.
cargo_run() {
    local subcommand=$1
    shift
    set -- --manifest-path "$root/Cargo.toml" "$@"
    if static_hdf5; then set -- --features sphereflow/static-hdf5 "$@"; fi
    if [ -n "${HDF5_DIR:-}" ]; then
        # The linker is told of this folder, the loader is not.
        export LD_LIBRARY_PATH="$HDF5_DIR/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        export DYLD_FALLBACK_LIBRARY_PATH="$HDF5_DIR/lib${DYLD_FALLBACK_LIBRARY_PATH:+:$DYLD_FALLBACK_LIBRARY_PATH}"
    fi
    run cargo "$subcommand" "$@"
}

# `record_head WHAT`: the line that a record of measurements begins with.
record_head() {
    local processor
    processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
    printf '%s, %s, %s CPUs, %s, %s\n\n' "$(date +%F)" "${processor:-$(uname -m)}" "$(getconf _NPROCESSORS_ONLN)" \
        "$(rustc --version)" "$1"
}

# `with_peak FILE COMMAND`: runs a command, and writes its largest resident set, in bytes, to FILE.
with_peak() {
    python3 - "$@" <<'PYTHON'
import resource, subprocess, sys

path, command = sys.argv[1], sys.argv[2:]
status = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
# Kilobytes, but on macOS bytes.
open(path, "w").write(str(peak if sys.platform == "darwin" else 1024 * peak))
sys.exit(status)
PYTHON
}
