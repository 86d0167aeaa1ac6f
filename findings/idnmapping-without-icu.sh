#!/usr/bin/env bash
# .NET's IdnMapping in globalization-invariant mode, as container images without ICU use it, is not IDNA without tables:
#  - it refuses right-to-left labels with a digit, which RFC 5893 allows and registries sell;
#  - it maps nothing, not even case, so BÜCHER and bücher become two names;
#  - string.Normalize returns decomposed letters as they are and says nothing, so "u" with a diaeresis is a third name.
# Python's punycode codec gives the A-label of the first one: xn--1-zhcde.
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
</Project>
P
cat > Program.cs <<'P'
using System.Globalization;
using System.Text;

foreach (var label in new[] { "אבג1", "bücher", "BÜCHER", "bu\u0308cher".Normalize(NormalizationForm.FormC) })
{
    try
    {
        Console.WriteLine(new IdnMapping().GetAscii(label));
    }
    catch (ArgumentException e)
    {
        Console.WriteLine(e.GetType().Name);
    }
}
P
seen=$(dotnet run --verbosity quiet 2>&1)
echo ".NET $(dotnet --version)"
echo "$seen"
expected='ArgumentException
xn--bcher-kva
xn--bcher-2pa
xn--bucher-xyd'
[ "$seen" = "$expected" ] && echo "Seen as described." || { echo "This has changed."; exit 1; }
