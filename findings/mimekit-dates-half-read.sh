#!/usr/bin/env bash
# MimeKit 4.18.2: DateUtils.TryParse answers true for dates of which it understood neither zone nor time, and puts +00:00
# and midnight in their place. Expected, as from DateTimeOffset.TryParse: false, or the time that is written there.
# Exits 0 if that is still so, 1 if it changed.
set -euo pipefail
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > dates.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="MimeKit" Version="4.18.2" /></ItemGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using MimeKit.Utils;

(string Field, string Seen, string Meant)[] dates =
[
    ("Mon, 02 Mar 2026 10:00:00 +01:00", "2026-03-02T10:00:00+00:00", "2026-03-02T10:00:00+01:00"),
    ("Mon, 02 Mar 2026 10:00:00 GMT+0100 (CET)", "2026-03-02T10:00:00+00:00", "2026-03-02T10:00:00+01:00"),
    ("Mon, 02 Mar 2026 10.00.00 +0100", "2026-03-02T00:00:00+01:00", "2026-03-02T10:00:00+01:00"),
    ("Mon,02 Mar 2026 10:00:00+0100", "2026-03-02T00:00:00+00:00", "2026-03-02T10:00:00+01:00"),
    ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T00:00:00-06:00", "1997-11-21T09:55:06-06:00 (RFC 5322, appendix A.6.3)"),
];
var asSeen = true;
foreach (var (field, seen, meant) in dates)
{
    var answer = DateUtils.TryParse(field, out var date) ? date.ToString("yyyy-MM-ddTHH:mm:sszzz") : "(false)";
    Console.WriteLine($"{field}\n  MimeKit: {answer}\n  written: {meant}");
    asSeen &= answer == seen;
}

Console.WriteLine($"MimeKit {typeof(DateUtils).Assembly.GetName().Version}: {(asSeen ? "as described" : "changed")}");
return asSeen ? 0 : 1;
PROGRAM
dotnet run -c Release
