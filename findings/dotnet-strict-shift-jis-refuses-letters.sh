#!/usr/bin/env bash
# .NET's code page 932 (Shift JIS of Windows) reads 0xEEE0 as 髙, a letter of many Japanese names, as Windows and browsers do.
# The same code page with DecoderFallback.ExceptionFallback throws for it, and with a replacement it replaces it: these letters
# (rows 89 to 92, NEC's selection of IBM's letters) are in the best-fit fallback only, beside what turns bytes that are no
# letter at all into a middle dot. So "throws where it cannot decode" is no test of whether a text is Shift JIS, and a strict
# decoder loses letters that the lenient one reads right. Exits 0 if seen as described, 1 if it changed.
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
using System.Text;

Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
Console.OutputEncoding = Encoding.UTF8;
Console.WriteLine($".NET {Environment.Version}");
var (lenient, strict, refused) = (0, 0, 0);
var example = false;
for (var lead = 0xED; lead <= 0xEE; lead++)
{
    for (var trail = 0x40; trail <= 0xFC; trail++)
    {
        byte[] bytes = [(byte)lead, (byte)trail];
        var text = Encoding.GetEncoding(932).GetString(bytes);
        if (text.Length != 1 || text == "\u30FB")
        {
            continue; // no letter
        }

        lenient++;
        example |= lead == 0xEE && trail == 0xE0 && text == "髙";
        try
        {
            _ = Encoding.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetString(bytes);
            strict++;
        }
        catch (DecoderFallbackException)
        {
            refused++;
        }
    }
}

var none = Encoding.GetEncoding(932).GetString([0x81, 0xAD]);
Console.WriteLine($"letters in ED40 to EEFC by Encoding.GetEncoding(932): {lenient}, 0xEEE0 is 髙: {example}");
Console.WriteLine($"the same with DecoderFallback.ExceptionFallback: {strict} read, {refused} refused");
Console.WriteLine($"0x81AD, which is no letter, by the first: U+{(int)none[0]:X4}");
return example && lenient > 300 && strict == 0 && none == "\u30FB" ? 0 : 1;
PROGRAM
dotnet run -c Release
