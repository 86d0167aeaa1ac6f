#!/usr/bin/env bash
# MimeKit's decoders of transfer encodings drop bytes of input that other mail programs decode, and report nothing:
# base64 without padding loses its last one or two bytes, and a uuencoded line whose trailing blanks a relay stripped
# (where a blank encodes zero) loses bytes, although its first character declares how many it holds.
# Exits 0 if seen as described, 1 if it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="MimeKit" Version="[4.18.2]" /></ItemGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using System.Text;
using MimeKit.Encodings;

Console.WriteLine($"MimeKit {typeof(IMimeDecoder).Assembly.GetName().Version}");
var seen = true;
Show("base64 with padding", new Base64Decoder(), "YWJjZA==", right: 4, expected: 4);
Show("base64 without padding", new Base64Decoder(), "YWJjZA", right: 4, expected: 3);
Show("uuencoded, whole lines", new UUDecoder(), "begin 644 a\n&        \n#86)C\n`\nend\n", right: 9, expected: 9);
Show("uuencoded, blanks stripped", new UUDecoder(), "begin 644 a\n&\n#86)C\n`\nend\n", right: 9, expected: null);
return seen ? 0 : 1;

void Show(string what, IMimeDecoder decoder, string encoded, int right, int? expected)
{
    var input = Encoding.ASCII.GetBytes(encoded);
    var output = new byte[decoder.EstimateOutputLength(input.Length) + 64];
    var count = decoder.Decode(input, 0, input.Length, output);
    Console.WriteLine($"{what}: {count} bytes, right are {right}");
    seen &= expected is null ? count < right : count == expected;
}
PROGRAM
dotnet run -c Release
