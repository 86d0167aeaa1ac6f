#!/usr/bin/env bash
# .NET's Base64.DecodeFromUtf8 skips blanks and line ends, and says by bytesConsumed where the next call goes on. If a piece
# (isFinalBlock: false) ends within a group of four that has a blank in it, it counts characters of that group as consumed
# without having written their bytes: whoever decodes a mail's base64 piece by piece, as the method is meant for, loses them.
# Exits 0 if seen as described, 1 if it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using System;
using System.Buffers.Text;
using System.Text;

var text = Encoding.ASCII.GetBytes("Y W\tJj"); // "abc"
var output = new byte[16];
Console.WriteLine($".NET {Environment.Version}");
Base64.DecodeFromUtf8(text, output, out _, out var inOne);
Console.WriteLine($"in one piece: \"{Encoding.ASCII.GetString(output, 0, inOne)}\"");
var status = Base64.DecodeFromUtf8(text.AsSpan(0, 4), output, out var consumed, out var written, isFinalBlock: false);
Console.WriteLine($"the first four characters, more to come: {status}, consumed {consumed}, written {written}");
var last = Base64.DecodeFromUtf8(text.AsSpan(consumed), output, out _, out var rest);
Console.WriteLine($"what bytesConsumed says is left: {last}, written {rest}");
return inOne == 3 && written == 0 && consumed > 0 && last != System.Buffers.OperationStatus.Done ? 0 : 1;
PROGRAM
dotnet run -c Release
