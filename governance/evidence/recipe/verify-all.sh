#!/bin/sh
# verify-all.sh ARCHIVE PINNED [KEPT ...]
# A whole archive, as a plain copy of the bucket (aws s3 sync), or an answer of `aims evidence`: root files, log, objects,
# checkpoints, signatures.
# PINNED: sha256 of trust/root/0001.json, from paper; or LOG.pub, the first log key, that you know; or -, to trust what is there.
# KEPT: what was kept elsewhere: a checkpoint (signed note, or its three lines), or an act that an owner signed (its .tar).
# QUICK=1 leaves the signatures of the single bundles out. POSIX sh, GNU coreutils, findutils, tar, openssl >= 3.0, xxd or
# basenc; OpenSSH where people signed.
set -eu
export LC_ALL=C
archive=$1 pinned=$2
shift 2
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
bad=0
ok() { printf 'ok    %s\n' "$*"; }
no() { printf 'FAIL  %s\n' "$*"; bad=1; }
note() { printf 'note  %s\n' "$*"; }
show() { # file of names, word
  [ -s "$1" ] || return 0
  bad=1
  sed -n "1,20s/^/FAIL  $2 /p" "$1"
  [ "$(wc -l < "$1")" -le 20 ] || echo "      ... $(wc -l < "$1") in all"
}
unhex() { if command -v xxd >/dev/null; then xxd -r -p; else tr -d '\n' | tr a-f A-F | basenc -d --base16; fi; }
unbase64() { openssl base64 -d -A; }
hashes() { (cd "$1" && find . -type f | sort | xargs sha256sum | cut -d' ' -f1); }
field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/' "$2"; }
verifies() { # public key, message file, signature file
  case $(openssl pkey -pubin -in "$1" -noout -text 2>/dev/null | head -n 1) in
    ED25519*) openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" ;;
    *) openssl dgst -sha256 -verify "$1" -signature "$3" "$2" ;;
  esac >/dev/null 2>&1
}
leaves() { # lines of the log on stdin -> their leaf hashes in hex (RFC 6962): H(00|line)
  rm -rf "$T/nodes"; mkdir "$T/nodes"
  sed 's/^/#/' | tr '#' '\000' | (cd "$T/nodes" && split -l 1 -a 5 - x)
  hashes "$T/nodes"
}
root() { # leaf hashes on stdin -> root in base64: node H(01|left|right), a lone last node moves up
  cat > "$T/row"
  while [ "$(wc -l < "$T/row")" -gt 1 ]; do
    rm -rf "$T/nodes"; mkdir "$T/nodes"
    paste -d '\0' - - < "$T/row" > "$T/pairs"
    lone=$(sed -n '$s/^.\{64\}$/&/p' "$T/pairs")
    sed -n '/^.\{128\}$/s/^/01/p' "$T/pairs" | unhex | (cd "$T/nodes" && split -b 65 -a 5 - x)
    hashes "$T/nodes" > "$T/row"
    [ -z "$lone" ] || echo "$lone" >> "$T/row"
  done
  unhex < "$T/row" | openssl base64 -A
}
keys() { # root file, statement or log -> $T/statement or $T/log: one file a key, and `table`: key id, first and end position
  rm -rf "${T:?}/$2"; mkdir "$T/$2"
  sed 's/.*"'"$2"'":\[\([^]]*\)\].*/\1/' "$1" | sed 's/},{/}\
{/g' > "$T/all"
  while IFS= read -r key || [ -n "$key" ]; do
    printf '%s\n' "$key" > "$T/key"
    printf '%b' "$(field pem "$T/key")" > "$T/$2/$(field keyid "$T/key").pub"
    echo "$(field keyid "$T/key") $(field start "$T/key") $(field until "$T/key")" >> "$T/$2/table"
  done < "$T/all"
}
valid() { # statement or log, key id, position: whether that key may sign there
  set -- $(grep "^$2 " "$T/$1/table") "$3"
  [ $# = 4 ] && [ "$4" -ge "$2" ] && { [ "$3" = null ] || [ "$4" -lt "$3" ]; }
}
people() { # root file, holders or signers -> lines of allowed_signers
  { sed -n 's/.*"'"$2"'":{\([^}]*\)}.*/\1/p' "$1"; echo; } | tr , '\n' | sed -n 's/^"\([A-Za-z0-9._@+-]*\)":"\([^"]*\)"$/\1 \2/p'
}
signers() { # root file whose holders count, signed root file -> how many of their keys signed it
  people "$1" holders > "$T/allowed"
  while read -r person key; do
    [ -f "$2.$person.sig" ] || continue
    ssh-keygen -Y verify -f "$T/allowed" -I "$person" -n aims-root -s "$2.$person.sig" < "$2" >/dev/null 2>&1 && echo "$key"
  done < "$T/allowed" | sort -u | wc -l
}
signed() { # a note over $1 entries: signed by a log key that is valid there
  sed '/^$/,$d' "$2" > "$T/text"
  for line in $(sed -n "s/^— $(sed -n 1p "$2" | sed 's/[/.]/\\&/g') //p" "$2"); do
    printf %s "$line" | unbase64 | tail -c +5 > "$T/sig"
    while read -r id start until; do
      valid log "$id" "$1" && verifies "$T/log/$id.pub" "$T/text" "$T/sig" && return 0
    done < "$T/log/table"
  done
  return 1
}
unpack() { # a bundle of regular files in one folder -> that folder, $bag
  rm -rf "$T/bag"; mkdir "$T/bag"
  tar -tf "$1" 2>/dev/null > "$T/names" && ! grep -qE '^/|(^|/)\.\.(/|$)' "$T/names" && ! tar -tvf "$1" | grep -qv '^-' &&
    tar -xf "$1" -C "$T/bag" 2>/dev/null && [ "$(ls "$T/bag" | wc -l)" = 1 ] && bag=$T/bag/$(ls "$T/bag")
}

# 1. The root file: version 1 is what is pinned, each next one is signed by enough holders of the one before and of its own.
r=$archive/trust/root/0001.json
[ -f "$r" ] || { no "no root file in $archive/trust/root"; exit 1; }
keys "$r" log
case $pinned in
  -) note "the root file is NOT pinned: its keys are taken on trust" ;;
  *.pub) cmp -s "$pinned" "$T/log/$(sed -n '1s/ .*//p' "$T/log/table").pub" && ok "the root file names the log key $pinned" || no "the root file does not begin with the log key $pinned" ;;
  *) [ "$(sha256sum < "$r" | cut -d' ' -f1)" = "${pinned#sha256:}" ] && ok "root file as pinned" || no "WRONG ROOT: trust/root/0001.json is not what is pinned" ;;
esac
v=1
while next=$archive/trust/root/$(printf %04d $((v + 1))).json; [ -f "$next" ]; do
  command -v ssh-keygen >/dev/null || { no "root file version $((v + 1)): ssh-keygen is needed to check who signed it"; break; }
  [ "$(field archive "$next")" = "$(field archive "$r")" ] && [ "$(field version "$next")" = $((v + 1)) ] &&
    [ "$(field threshold "$r")" -gt 0 ] && [ "$(field threshold "$next")" -gt 0 ] &&
    [ "$(signers "$r" "$next")" -ge "$(field threshold "$r")" ] && [ "$(signers "$next" "$next")" -ge "$(field threshold "$next")" ] ||
    { no "UNSIGNED ROOT version $((v + 1)): the version before counts"; break; }
  v=$((v + 1)) r=$next
  ok "root file version $v is signed by its holders"
done
keys "$r" log
keys "$r" statement
origin=$(field archive "$r")

# 2. The log without holes: a seal's name is the number of lines before it.
n=0
: > "$T/lines"
for seal in $(cd "$archive/log/seal" && find . -type f | sed 's,^\./,,' | sort); do
  [ "$(echo "$seal" | tr -d / | sed 's/^0*\(.\)/\1/')" = $n ] || { no "SEAL HOLE before log/seal/$seal (the log is at $n)"; break; }
  grep -qvE '^[0-9a-f]{64}  (bundle|trust|log/anchor)/[A-Za-z0-9._@+=,/-]+$' "$archive/log/seal/$seal" && no "BAD SEAL log/seal/$seal"
  cat "$archive/log/seal/$seal" >> "$T/lines"
  n=$(wc -l < "$T/lines")
done
leaves < "$T/lines" > "$T/leaves"
ok "$n entries in the seals"
cut -c67- "$T/lines" | sort > "$T/logged"

# 3. What must be here: all that the log names; in an answer of `aims evidence` what its own request lists.
cp "$T/lines" "$T/asked"
if [ -f "$archive/REQUEST" ]; then
  request=$(cat "$archive/REQUEST")
  grep -qxF "$request" "$T/logged" || no "the log does not hold the request $request"
  unpack "$archive/$request" && cp "$bag/data/bundles.txt" "$T/listed" && cp "$bag/data/request.json" "$T/about" ||
    { no "no list in the request $request"; : > "$T/listed"; echo '{"system":"","after":"","until":"","runs":false}' > "$T/about"; }
  sort "$T/lines" > "$T/sorted"
  sort "$T/listed" | comm -23 - "$T/sorted" > "$T/unlogged"; show "$T/unlogged" "LISTED, NOT IN LOG"
  { cat "$T/listed"; grep -F "  $request" "$T/lines"; grep '^.\{66\}trust/' "$T/lines"
    (cd "$archive" && find log/anchor -type f 2>/dev/null) | while read -r key; do grep -F "  $key" "$T/lines"; done; } | sort -u > "$T/asked"
  system=$(field system "$T/about") after=$(field after "$T/about") until=$(field until "$T/about") runs="without its runs"
  if [ "$(field runs "$T/about")" = true ]; then # no run of the system in these hours was left out
    runs="with all its runs that ended after $after until $until"
    sed -n "$(grep -nF "  $request" "$T/lines" | cut -d: -f1)"'q;s,^.\{66\}\(bundle/\(..../../../..\)/'"$system"'\.[^/]*\)$,\2 \1,p' "$T/lines" |
      awk -v after="$after" -v until="$until" '$1 > after && $1 <= until {print $2}' | sort > "$T/due"
    cut -c67- "$T/listed" | sort | comm -13 - "$T/due" > "$T/left"; show "$T/left" "LEFT OUT"
  fi
  ok "an answer about $system, $runs: $(wc -l < "$T/listed") bundles"
fi

# 4. Every object is there and unaltered; none stands in the log twice; none stands outside it.
(cd "$archive" && sha256sum -c --quiet --strict "$T/asked" 2>/dev/null) > "$T/checked" || :
sed -n 's/: FAILED open or read$//p' "$T/checked" > "$T/missing"; show "$T/missing" MISSING
sed -n 's/: FAILED$//p' "$T/checked" > "$T/altered"; show "$T/altered" ALTERED
{ uniq -d "$T/logged"; grep '^.\{66\}bundle/' "$T/lines" | cut -c1-64 | sort | uniq -d; } > "$T/twice"; show "$T/twice" REPLAYED
if [ -f "$archive/REQUEST" ]; then (cd "$archive" && find bundle trust log -type f)
else (cd "$archive" && find . -type f ! -path './.partial/*' ! -path './canary/*' | sed 's,^\./,,'); fi |
  grep -v '^log/seal/\|^log/checkpoint/' | sort | comm -23 - "$T/logged" > "$T/extra"; show "$T/extra" "NOT IN LOG"

# 5. Every checkpoint in the archive, and what somebody kept.
[ -n "$(find "$archive/log/checkpoint" -type f 2>/dev/null)" ] || no "no checkpoint in the archive"
matches() { # name, file of three lines
  m=$(sed -n 2p "$2")
  if [ "$(sed -n 1p "$2")" != "$origin" ]; then no "FOREIGN CHECKPOINT: $1 is of the log $(sed -n 1p "$2"), this is $origin"
  elif [ "$m" -gt $n ]; then no "TRUNCATED: $1 proves $m entries, the archive has $n"
  elif [ "$(head -n "$m" "$T/leaves" | root)" = "$(sed -n 3p "$2")" ]; then ok "checkpoint over $m entries matches ($1)"
  else no "FORK: $1 is another history of the first $m entries"; fi
}
for c in $(find "$archive/log/checkpoint" -type f 2>/dev/null | sort) "$@"; do
  if tar -tf "$c" >/dev/null 2>&1; then # an act that its owner kept
    unpack "$c" && [ -f "$bag/data/act.json.sig" ] || { no "BAD CHECKPOINT $c is no act that a person signed"; continue; }
    act=$bag/data/act.json
    grep -o '"by":"[^"]*"' "$act" | head -n 1 > "$T/by"
    grep -o '"checkpoint_seen":{[^}]*}' "$act" | head -n 1 > "$T/saw"
    [ -s "$T/saw" ] || { no "BAD CHECKPOINT $c: whoever signed it saw no checkpoint"; continue; }
    person=$(field by "$T/by")
    { people "$r" signers; people "$r" holders; } > "$T/allowed"
    if ssh-keygen -Y verify -f "$T/allowed" -I "$person" -n aims-decision -s "$act.sig" < "$act" >/dev/null 2>&1; then ok "$c is signed by $person"
    elif ssh-keygen -Y check-novalidate -n aims-decision -s "$act.sig" < "$act" >/dev/null 2>&1; then note "$c is signed by a key that the root file does not list"
    else no "BAD CHECKPOINT signature of $c"; continue; fi
    printf '%s\n' "$(field origin "$T/saw")" "$(field size "$T/saw")" "$(field root "$T/saw")" > "$T/seen"
    matches "$c" "$T/seen"
    grep -q "^$(sha256sum < "$c" | cut -d' ' -f1)  " "$T/lines" || no "NOT IN LOG $c: this signed act stood in the log"
    continue
  fi
  case "$(cat "$c")" in
    *—*) signed "$(sed -n 2p "$c")" "$c" || { no "BAD CHECKPOINT signature of $c"; continue; } ;;
    *) note "$c is unsigned: trust it as far as its keeper" ;;
  esac
  matches "$c" "$c"
done
[ $# -gt 0 ] || note "no checkpoint from outside was given: a cut tail or a rewritten log would not show"

# 6. Every bundle's statement: about these files, by a key that is valid at this line of the log.
if [ "${QUICK:-0}" = 1 ]; then note "the signatures of the single bundles were not checked"
else
  : > "$T/wrong"
  checked=0
  grep -n '^.\{66\}bundle/' "$T/lines" | sed 's/^\([0-9]*\):.\{66\}/\1 /' > "$T/bundles"
  while read -r line key; do
    [ -f "$archive/$key" ] && grep -qF "  $key" "$T/asked" || continue
    checked=$((checked + 1))
    unpack "$archive/$key" || { echo "$key" >> "$T/wrong"; continue; }
    s=$bag/statement.dsse.json
    sed 's/.*"payload":"\([^"]*\)".*/\1/' "$s" | unbase64 > "$T/payload" 2>/dev/null || :
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$T/payload")"; cat "$T/payload"; } > "$T/pae"
    field sig "$s" | unbase64 > "$T/sig" 2>/dev/null || :
    id=$(field keyid "$s")
    (cd "$bag" && sha256sum --quiet --strict -c manifest-sha256.txt tagmanifest-sha256.txt) >/dev/null 2>&1 &&
      grep -q "\"subject\":\[{\"digest\":{\"sha256\":\"$(sha256sum < "$bag/tagmanifest-sha256.txt" | cut -d' ' -f1)\"},\"name\":\"tagmanifest-sha256.txt\"}" "$T/payload" &&
      grep -qF "\"archive\":\"$origin\"" "$T/payload" && grep -qF "\"key\":\"$key\"" "$T/payload" &&
      valid statement "$id" $((line - 1)) && verifies "$T/statement/$id.pub" "$T/pae" "$T/sig" || echo "$key" >> "$T/wrong"
  done < "$T/bundles"
  show "$T/wrong" "BAD SIGNATURE (or a key that was not valid there)"
  [ -s "$T/wrong" ] || ok "$checked bundles read, each signed by a key that is valid at its line"
fi
[ $bad = 0 ] && echo "VERIFIED $n entries" || { echo "NOT VERIFIED"; exit 1; }
