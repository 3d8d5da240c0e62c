#!/bin/sh
# verify-one.sh BUNDLE.tar PROOF ROOT.json              keys by the root file: each is valid for some positions of the log
# verify-one.sh BUNDLE.tar PROOF STATEMENT.pub LOG.pub  keys that you bring
# One bundle: its files, its signature, its place in the log, the log's signature. POSIX sh, GNU coreutils, tar, openssl >= 3.0.
# PROOF is a c2sp.org/tlog-proof@v1 file (`aims prove` writes one). ROOT.json: the newest root file; compare its sha256 with
# paper, or check it with verify-all.sh.
set -eu
export LC_ALL=C
bundle=$1 proof=$2 root=$3
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
ok() { printf 'ok    %s\n' "$*"; }
no() { printf 'FAIL  %s\n' "$*"; exit 1; }
unbase64() { openssl base64 -d -A; }
sha() { openssl dgst -sha256 -binary; }
verifies() { # public key, message file, signature file
  case $(openssl pkey -pubin -in "$1" -noout -text 2>/dev/null | head -n 1) in
    ED25519*) openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" ;;
    *) openssl dgst -sha256 -verify "$1" -signature "$3" "$2" ;;
  esac >/dev/null 2>&1
}
field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/' "$2"; }
keys_at() { # statement or log, position -> files of the public keys that are valid there
  mkdir "$T/$1"
  sed 's/.*"'"$1"'":\[\([^]]*\)\].*/\1/' "$root" | sed 's/},{/}\
{/g' > "$T/$1.all"
  while IFS= read -r key || [ -n "$key" ]; do
    printf '%s\n' "$key" > "$T/key"
    start=$(field start "$T/key") until=$(field until "$T/key")
    [ "$2" -ge "$start" ] && { [ "$until" = null ] || [ "$2" -lt "$until" ]; } || continue
    printf '%b' "$(field pem "$T/key")" > "$T/$1/$(field keyid "$T/key").pub"
  done < "$T/$1.all"
}

# 1. bundle -> files
tar -tf "$bundle" > "$T/names" || no "not a tar"
grep -qE '^/|(^|/)\.\.(/|$)' "$T/names" && no "unsafe path in the bundle"
[ -z "$(sort "$T/names" | uniq -d)" ] || no "a file stands in the bundle twice"
[ -z "$(tar -tvf "$bundle" | grep -v '^-')" ] || no "the bundle holds something that is no regular file"
[ "$(cut -d/ -f1 "$T/names" | sort -u | wc -l)" = 1 ] || no "the bundle holds more than one folder"
mkdir "$T/bag"
tar -xf "$bundle" -C "$T/bag"
bag=$T/bag/$(head -n 1 "$T/names" | cut -d/ -f1)
(cd "$bag" && sha256sum --quiet --strict -c manifest-sha256.txt) || no "a data file was altered"
(cd "$bag" && sha256sum --quiet --strict -c tagmanifest-sha256.txt) || no "a tag file was altered"
[ "$(find "$bag/data" -type f | wc -l)" = "$(wc -l < "$bag/manifest-sha256.txt")" ] || no "a data file that is not in the manifest"
ok "files match the manifest"

# 2. files -> statement; which keys may have signed it is said by its place in the log
envelope=$bag/statement.dsse.json type=application/vnd.in-toto+json
sed 's/.*"payload":"\([^"]*\)".*/\1/' "$envelope" | unbase64 > "$T/payload"
{ printf 'DSSEv1 %d %s %d ' ${#type} $type "$(wc -c < "$T/payload")"; cat "$T/payload"; } > "$T/pae"
sed 's/.*"sig":"\([^"]*\)".*/\1/' "$envelope" | unbase64 > "$T/sig"
tags=$(sha256sum < "$bag/tagmanifest-sha256.txt" | cut -d' ' -f1)
grep -q "\"subject\":\[{\"digest\":{\"sha256\":\"$tags\"},\"name\":\"tagmanifest-sha256.txt\"}" "$T/payload" || no "the statement is about another bundle"
ok "statement is about these files"

# 3. bundle -> line of the log -> root (RFC 9162, 2.1.3.2)
key=$(sed 's/.*"aims":{[^}]*"key":"\([^"]*\)".*/\1/' "$T/payload")
[ "$(basename "$key")" = "$(basename "$bag").tar" ] || no "the statement names another key"
[ "$(sed -n 1p "$proof")" = c2sp.org/tlog-proof@v1 ] || no "not a proof"
index=$(sed -n 's/^index \([0-9]*\)$/\1/p' "$proof")
sed '1,/^$/d' "$proof" > "$T/note"
sed '/^$/,$d' "$T/note" > "$T/text"
origin=$(sed -n 1p "$T/text") size=$(sed -n 2p "$T/text")
grep -qF "\"archive\":\"$origin\"" "$T/payload" || no "the statement belongs to another archive"
[ "$index" -lt "$size" ] || no "index beyond the log"
{ printf '\000'; printf '%s  %s\n' "$(sha256sum < "$bundle" | cut -d' ' -f1)" "$key"; } | sha > "$T/hash"
at=$index last=$((size - 1))
for sibling in $(sed '1,2d;/^$/,$d' "$proof"); do
  [ $last -gt 0 ] || no "proof too long"
  printf %s "$sibling" | unbase64 > "$T/sibling"
  if [ $((at & 1)) = 1 ] || [ $at = $last ]; then
    { printf '\001'; cat "$T/sibling" "$T/hash"; } | sha > "$T/next"
    while [ $((at & 1)) = 0 ] && [ $at -gt 0 ]; do at=$((at >> 1)) last=$((last >> 1)); done
  else
    { printf '\001'; cat "$T/hash" "$T/sibling"; } | sha > "$T/next"
  fi
  mv "$T/next" "$T/hash"
  at=$((at >> 1)) last=$((last >> 1))
done
[ $last = 0 ] && [ "$(openssl base64 -A < "$T/hash")" = "$(sed -n 3p "$T/text")" ] || no "the log does not hold this bundle"
ok "entry $index of $size of log $origin ($key)"

# 4. statement and checkpoint -> signatures by keys that are valid at these positions
if [ $# -ge 4 ]; then
  mkdir "$T/statement" "$T/log"
  cp "$3" "$T/statement/" && cp "$4" "$T/log/"
else
  [ "$(field archive "$root")" = "$origin" ] || no "the root file is of another archive"
  keys_at statement "$index"
  keys_at log "$size"
fi
signer=
for public in "$T"/statement/*; do verifies "$public" "$T/pae" "$T/sig" && signer=$(basename "$public"); done
[ -n "$signer" ] || no "statement signature: by no key that is valid at entry $index"
ok "statement signed by $signer"
signer=
for line in $(sed -n "s/^— $(printf %s "$origin" | sed 's/[/.]/\\&/g') //p" "$T/note"); do
  printf %s "$line" | unbase64 | tail -c +5 > "$T/sig"
  for public in "$T"/log/*; do verifies "$public" "$T/text" "$T/sig" && signer=$(basename "$public"); done
done
[ -n "$signer" ] || no "checkpoint signature: by no key that is valid at $size entries"
ok "checkpoint signed by $signer"
