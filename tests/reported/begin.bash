# Sourced by each script of `repositories/`: begins the repository in the directory that it is given.
# `w PATH` writes a file from standard input, `ci MESSAGE` commits everything.
set -e
r=$1; mkdir -p "$r"; cd "$r"; git init -q -b main; git config user.email dev@example.org; git config user.name Dev
ci() { git add -A; git commit -q -m "$1"; }
w() { mkdir -p "$(dirname "$1")"; cat > "$1"; }
