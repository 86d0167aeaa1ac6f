#!/usr/bin/env bash
# MimeKit decodes the A-labels of a domain when it reads an address, but only those with their prefix in lower case. To DNS
# "xn--" and "XN--" are one (RFC 5890 §2.3.2.1, RFC 4343), and mail has both. So one mailbox comes out in two spellings, neither
# of which needs to be the one that was written, and comparing MailboxAddress.Address, with or without case, tells them apart.
# Exits 0 if seen as described, 1 if it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'P'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="MimeKit" Version="4.18.2" /></ItemGroup>
</Project>
P
cat > Program.cs <<'P'
foreach (var written in new[] { "ben@xn--bcher-kva.example", "ben@XN--BCHER-KVA.example" })
{
    Console.WriteLine($"{written} -> {MimeKit.MailboxAddress.Parse(written).Address}");
}
P
seen=$(dotnet run --verbosity quiet 2>&1)
echo "MimeKit 4.18.2, .NET $(dotnet --version)"
echo "$seen"
expected='ben@xn--bcher-kva.example -> ben@bücher.example
ben@XN--BCHER-KVA.example -> ben@XN--BCHER-KVA.example'
[ "$seen" = "$expected" ] && echo "Seen as described." || { echo "This has changed."; exit 1; }
