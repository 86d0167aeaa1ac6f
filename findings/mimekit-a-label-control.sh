#!/usr/bin/env bash
# MimeKit decodes the A-labels of a domain when it reads an address, and takes whatever comes out: "xn--a", which is no
# A-label (RFC 5891 has the result checked), becomes the control character U+0080, which nobody sees: a@xn--a.example looks like
# a@.example, and TryParse says that all went well. An A-label whose prefix is in upper case, though the same to DNS, stays
# as it is. Who compares, shows or stores addresses has to keep the written form.
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
    <InvariantGlobalization>true</InvariantGlobalization>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="MimeKit" Version="4.18.2" /></ItemGroup>
</Project>
P
cat > Program.cs <<'P'
foreach (var written in new[] { "ben@xn--bcher-kva.example", "ben@XN--BCHER-KVA.example", "a@xn--a.example" })
{
    var read = MimeKit.MailboxAddress.TryParse(written, out var mailbox);
    Console.WriteLine($"{written} -> {read} {string.Concat(mailbox!.Address.Select(c => char.IsControl(c) ? $"<U+{(int)c:X4}>" : $"{c}"))}");
}
P
seen=$(dotnet run --verbosity quiet 2>&1)
echo "MimeKit 4.18.2, .NET $(dotnet --version)"
echo "$seen"
expected='ben@xn--bcher-kva.example -> True ben@bücher.example
ben@XN--BCHER-KVA.example -> True ben@XN--BCHER-KVA.example
a@xn--a.example -> True a@<U+0080>.example'
[ "$seen" = "$expected" ] && echo "Seen as described." || { echo "This has changed."; exit 1; }
