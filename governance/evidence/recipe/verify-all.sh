#!/bin/sh
# verify-all.sh ARCHIVE LOG.pub [CHECKPOINT ...]
# A whole archive, as a plain copy of the bucket (aws s3 sync): every object against the log, the log against its checkpoints.
# CHECKPOINT: one that was kept elsewhere (a mail, a report): the signed note, or its three lines.
# POSIX sh, GNU coreutils, findutils, openssl >= 3.0, xxd or basenc.
set -eu
export LC_ALL=C
archive=$1 log_key=$2
shift 2
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
bad=0
ok() { printf 'ok    %s\n' "$*"; }
no() { printf 'FAIL  %s\n' "$*"; bad=1; }
show() { # file of names, word
  [ -s "$1" ] || return 0
  bad=1
  sed -n "1,20s/^/FAIL  $2 /p" "$1"
  [ "$(wc -l < "$1")" -le 20 ] || echo "      ... $(wc -l < "$1") in all"
}
unhex() { if command -v xxd >/dev/null; then xxd -r -p; else tr -d '\n' | tr a-f A-F | basenc -d --base16; fi; }
hashes() { (cd "$1" && find . -type f | sort | xargs sha256sum | cut -d' ' -f1); }
verifies() { # public key, message file, signature file
  case $(openssl pkey -pubin -in "$1" -noout -text | head -n 1) in
    ED25519*) openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" ;;
    *) openssl dgst -sha256 -verify "$1" -signature "$3" "$2" ;;
  esac >/dev/null 2>&1
}
root() { # lines of the log on stdin -> root in base64 (RFC 6962): leaf H(00|line), node H(01|left|right), a lone last node moves up
  rm -rf "$T/nodes"; mkdir "$T/nodes"
  sed 's/^/@/' | tr @ '\000' | (cd "$T/nodes" && split -l 1 -a 5 - x)
  hashes "$T/nodes" > "$T/row"
  while [ "$(wc -l < "$T/row")" -gt 1 ]; do
    rm -rf "$T/nodes"; mkdir "$T/nodes"
    paste -d '\0' - - < "$T/row" > "$T/pairs"
    lone=$(sed -n '$p' "$T/pairs" | sed -n '/^.\{64\}$/p')
    sed -n '/^.\{128\}$/s/^/01/p' "$T/pairs" | unhex | (cd "$T/nodes" && split -b 65 -a 5 - x)
    hashes "$T/nodes" > "$T/row"
    [ -z "$lone" ] || echo "$lone" >> "$T/row"
  done
  unhex < "$T/row" | openssl base64 -A
}
signed() { # a note
  sed '/^$/,$d' "$1" > "$T/text"
  sed -n "s/^— $(sed -n 1p "$1" | sed 's/[/.]/\\&/g') //p" "$1" | head -n 1 | openssl base64 -d -A | tail -c +5 > "$T/sig"
  verifies "$log_key" "$T/text" "$T/sig"
}

# 1. The log without holes: a seal's name is the number of lines before it.
n=0
: > "$T/lines"
for seal in $(cd "$archive/log/seal" && find . -type f | sed 's,^\./,,' | sort); do
  [ "$(echo "$seal" | tr -d / | sed 's/^0*\(.\)/\1/')" = $n ] || { no "SEAL HOLE before log/seal/$seal (the log is at $n)"; break; }
  grep -qvE '^[0-9a-f]{64}  (bundle|trust|log/anchor)/[A-Za-z0-9._@+=,/-]+$' "$archive/log/seal/$seal" && no "BAD SEAL log/seal/$seal"
  cat "$archive/log/seal/$seal" >> "$T/lines"
  n=$(wc -l < "$T/lines")
done
ok "$n entries in the seals"

# 2. Every object is there and unaltered; none stands in the log twice; none stands outside it.
(cd "$archive" && sha256sum -c --quiet --strict "$T/lines" 2>/dev/null) > "$T/checked" || :
sed -n 's/: FAILED open or read$//p' "$T/checked" > "$T/missing"; show "$T/missing" MISSING
sed -n 's/: FAILED$//p' "$T/checked" > "$T/altered"; show "$T/altered" ALTERED
{ cut -c67- "$T/lines" | sort | uniq -d; cut -c1-64 "$T/lines" | sort | uniq -d; } > "$T/twice"; show "$T/twice" REPLAYED
cut -c67- "$T/lines" | sort > "$T/logged"
(cd "$archive" && find . -type f ! -path './log/seal/*' ! -path './log/checkpoint/*' ! -path './.partial/*' ! -path './canary/*' | sed 's,^\./,,' | sort) |
  comm -23 - "$T/logged" > "$T/extra"; show "$T/extra" "NOT IN LOG"

# 3. Every checkpoint in the archive, and every one that somebody kept.
[ -n "$(find "$archive/log/checkpoint" -type f 2>/dev/null)" ] || no "no checkpoint in the archive"
for c in $(find "$archive/log/checkpoint" -type f 2>/dev/null | sort) "$@"; do
  case "$(cat "$c")" in
    *—*) signed "$c" || { no "BAD CHECKPOINT signature of $c"; continue; } ;;
    *) echo "note  $c is unsigned: trust it as far as its keeper" ;;
  esac
  m=$(sed -n 2p "$c")
  if [ "$m" -gt $n ]; then no "TRUNCATED: $c proves $m entries, the archive has $n"
  elif [ "$(head -n "$m" "$T/lines" | root)" = "$(sed -n 3p "$c")" ]; then ok "checkpoint over $m entries matches ($c)"
  else no "FORK: $c is another history of the first $m entries"; fi
done
[ $# -gt 0 ] || echo "note  no checkpoint from outside was given: a cut tail or a rewritten log would not show"
[ $bad = 0 ] && echo "VERIFIED $n entries" || { echo "NOT VERIFIED"; exit 1; }
