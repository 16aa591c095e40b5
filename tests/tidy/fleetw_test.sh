#!/bin/sh
# The wrapper in a tree of its own, its path with a blank in it, with stand-ins for everything it calls:
# what it installs, when it builds, what it hands on. Nothing is installed or compiled here.
set -eu

fleetw=$1
shell=${2:-sh}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
tree="$work/a tree"
bin=$work/bin
failures=0
tests=0

# stand_in NAME: reads its body from standard input.
stand_in() {
  { printf '#!/bin/sh\n' && cat; } >"$bin/$1"
  chmod +x "$bin/$1"
}

# Builds the tree and the stand-ins anew; every call of one is noted in $work/calls.
fresh() {
  rm -rf -- "$tree" "$bin"
  mkdir -p "$tree/cmake" "$tree/protocol" "$tree/fleet" "$bin"
  cp -- "$fleetw" "$tree/fleetw"
  printf '# a list\n[build]\ng++\ncmake\nnodejs ?sh\n\n[test]\nclang\n' >"$tree/cmake/packages.txt"
  : >"$tree/CMakeLists.txt" && : >"$tree/CMakePresets.json"
  : >"$tree/protocol/a.cpp" && : >"$tree/fleet/main.cpp"
  : >"$work/calls"
  echo 'g++ cmake clang' >"$work/installed"
  echo 0 >"$work/uid"
  export FLEET_TEST_WORK="$work"
  stand_in dpkg-query <<'BODY'
for word; do case " $(cat "$FLEET_TEST_WORK/installed") " in *" $word "*) echo "installed $word" ;; esac; done
BODY
  stand_in apt-get <<'BODY'
echo "apt-get $*" >>"$FLEET_TEST_WORK/calls"
case "$*" in *update*) : >"$FLEET_TEST_WORK/lists"; exit 0 ;; esac
[ -e "$FLEET_TEST_WORK/lists" ] || { echo 'E: Unable to locate package'; exit 100; }
BODY
  stand_in id <<'BODY'
cat "$FLEET_TEST_WORK/uid"
BODY
  stand_in cmake <<'BODY'
echo "cmake $*" >>"$FLEET_TEST_WORK/calls"
mkdir -p build/release/bin && : >build/release/build.ninja
printf '#!/bin/sh\nprintf "<%%s>" "$@"\nexit 130\n' >build/release/bin/fleet
chmod +x build/release/bin/fleet
BODY
  stand_in ninja <<'BODY'
echo "ninja $*" >>"$FLEET_TEST_WORK/calls"
BODY
  : >"$work/lists"
}

# run WORDS…: runs the wrapper from another folder; its output and exit code in $out, $err and $code.
run() {
  code=0
  (cd -- "$work" && PATH="$bin:/usr/bin:/bin" FLEET_JOBS=3 "$shell" "$tree/fleetw" "$@") \
    >"$work/out" 2>"$work/err" </dev/null || code=$?
  out=$(cat "$work/out")
  err=$(cat "$work/err")
}

calls() { grep -c -- "$1" "$work/calls" || true; }

# expect WHAT ACTUAL WANTED
expect() {
  tests=$((tests + 1))
  if [ "$2" != "$3" ]; then
    failures=$((failures + 1))
    printf 'FAILED: %s\n  got:    %s\n  wanted: %s\n' "$1" "$2" "$3"
  fi
}

# expect_in WHAT TEXT PIECE
expect_in() {
  case $2 in
    *"$3"*) expect "$1" yes yes ;;
    *) expect "$1" "$2" "…$3…" ;;
  esac
}

fresh
run
expect 'alone it explains itself' "$code" 0
expect_in 'alone it explains itself' "$out" 'usage: ./fleetw'
expect 'and builds nothing' "$(wc -c <"$work/calls")" 0

fresh
run run --payload 'a b' ''
expect 'hands every word on unchanged' "$out" '<run><--payload><a b><>'
expect 'answers the exit code of fleet' "$code" 130
expect 'builds once with FLEET_JOBS' "$(calls 'ninja -j 3 all')" 1
run run
expect 'builds nothing when nothing changed' "$(calls ninja)" 1
touch -d '+1 minute' "$tree/protocol/a.cpp"
run run
expect 'builds when a source changed' "$(calls ninja)" 2
expect 'and leaves configuring to ninja' "$(calls cmake)" 1

fresh
run run
touch -d '+1 minute' "$tree/protocol"
run run
expect 'builds when a folder lost or gained a file' "$(calls ninja)" 2

fresh
run run
rm -- "$tree/build/release/.fleetw-built"
touch -d '+1 minute' "$tree/CMakePresets.json"
run run
expect 'configures anew when the presets changed' "$(calls cmake)" 2

fresh
run run
touch -d '+1 minute' "$tree/fleet/main.cpp"
stand_in ninja <<'BODY'
echo 'FAILED: main.o'; echo 'main.cpp:1: error: no'; exit 1
BODY
run run
expect 'a build that fails is code 3' "$code" 3
expect_in 'and shows the error' "$err" 'main.cpp:1: error: no'
expect 'and runs nothing' "$out" ''
run run
expect 'and is tried again' "$code" 3

fresh
echo 'cmake' >"$work/installed"
run run
expect_in 'names what is missing, and not what another command stands for' "$err" \
  'these Debian packages are missing: g++
'
expect 'installs it' "$(calls 'install -y --no-install-recommends g++$')" 1
expect 'without asking for lists it has' "$(calls update)" 0
expect 'and goes on' "$code" 130

fresh
echo 'cmake' >"$work/installed"
rm -- "$work/lists"
run run
expect 'fetches lists where there are none' "$(calls update)" 1
expect 'and goes on' "$code" 130

fresh
echo '' >"$work/installed"
stand_in apt-get <<'BODY'
echo 'E: no network'; exit 100
BODY
run run
expect 'apt-get that fails is code 3' "$code" 3
expect_in 'and is quoted' "$err" 'E: no network'

fresh
echo 'g++' >"$work/installed"
echo 1000 >"$work/uid"
stand_in sudo <<'BODY'
exit 1
BODY
run run
expect 'no right to install is code 3' "$code" 3
expect_in 'and says what to run' "$err" 'apt-get install --no-install-recommends cmake'
expect 'and installs nothing' "$(calls apt-get)" 0
stand_in sudo <<'BODY'
shift; echo sudo >>"$FLEET_TEST_WORK/calls"; exec "$@"
BODY
run run
expect 'installs through sudo where it asks for nothing' "$(calls install)" 1

fresh
rm -- "$bin/dpkg-query"
mkdir -p "$work/few"
for tool in sh cat dirname readlink mkdir grep find head mv rm awk tail chmod flock env; do
  ln -sf "$(command -v "$tool")" "$work/few/$tool"
done
code=0
(cd -- "$work" && PATH="$bin:$work/few" "$work/few/sh" "$tree/fleetw" run) >"$work/out" \
  2>"$work/err" </dev/null || code=$?
expect_in 'without dpkg it says what it takes for granted' "$(cat "$work/err")" 'no dpkg'

fresh
code=0
(PATH="$bin:/usr/bin:/bin" FLEET_JOBS=many "$shell" "$tree/fleetw" run) >/dev/null 2>"$work/err" \
  </dev/null || code=$?
expect 'nonsense jobs are code 3' "$code" 3
expect_in 'and named' "$(cat "$work/err")" 'FLEET_JOBS=many'

fresh
ln -s "$tree/fleetw" "$work/link"
code=0
(cd / && PATH="$bin:/usr/bin:/bin" "$shell" "$work/link" version) >"$work/out" 2>/dev/null </dev/null \
  || code=$?
expect 'works through a symbolic link' "$(cat "$work/out")" '<version>'

fresh
run build teapot
expect 'an unknown preset is wrong usage' "$code" 2

printf '%s checks, %s failed\n' "$tests" "$failures"
[ "$failures" -eq 0 ]
