using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace MailDepot.Tests.Architecture;

/// <summary>Reads which types the members of an assembly use: in signatures, attributes and bodies (ECMA-335 §II.22, §III).</summary>
/// <remarks>It does not look at <c>using</c> lines, so it sees qualified names, inferred types and extension methods too.</remarks>
internal sealed class CompiledAssembly : IDisposable
{
    /// <summary>The first byte of a two-byte instruction.</summary>
    private const byte TwoBytes = 0xFE;

    private static readonly OpCode[] Short = Instructions(size: 1), Long = Instructions(size: 2);

    private readonly PEReader file;
    private readonly MetadataReader metadata;
    private readonly TypeNames names;

    public CompiledAssembly(string path)
    {
        file = new PEReader(File.OpenRead(path));
        metadata = file.GetMetadataReader();
        names = new TypeNames(metadata);
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    /// <summary>Every use by a member whose outermost type is in a namespace of ours.</summary>
    public IEnumerable<UsedType> Uses() =>
        from handle in metadata.TypeDefinitions
        let owner = names.Of(handle)
        where owner.Namespace.StartsWith(nameof(MailDepot), StringComparison.Ordinal)
        from use in UsesOf(handle)
        from type in use.Types.Distinct()
        select new UsedType(owner.Namespace, use.Member, type.Namespace, type.Name);

    private IEnumerable<(string Member, IReadOnlyCollection<TypeName> Types)> UsesOf(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        var name = names.Of(handle).Name + (type.IsNested ? "+" + metadata.GetString(type.Name) : "");
        yield return (name, names.Collect(() =>
        {
            names.See(type.BaseType);
            foreach (var implemented in type.GetInterfaceImplementations())
            {
                names.See(metadata.GetInterfaceImplementation(implemented).Interface);
            }

            See(type.GetCustomAttributes());
        }));
        foreach (var field in type.GetFields().Select(metadata.GetFieldDefinition))
        {
            yield return ($"{name}.{metadata.GetString(field.Name)}", names.Collect(() =>
            {
                _ = field.DecodeSignature(names, genericContext: null);
                See(field.GetCustomAttributes());
            }));
        }

        foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition))
        {
            yield return ($"{name}.{metadata.GetString(method.Name)}", names.Collect(() =>
            {
                _ = method.DecodeSignature(names, genericContext: null);
                See(method.GetCustomAttributes());
                if (method.RelativeVirtualAddress != 0)
                {
                    See(file.GetMethodBody(method.RelativeVirtualAddress));
                }
            }));
        }
    }

    private void See(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
        {
            names.See(metadata.GetCustomAttribute(attribute).Constructor);
        }
    }

    private void See(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil)
        {
            _ = metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(names, genericContext: null);
        }

        foreach (var region in body.ExceptionRegions)
        {
            names.See(region.CatchType);
        }

        var code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            var first = code.ReadByte();
            var instruction = first == TwoBytes ? Long[code.ReadByte()] : Short[first];
            switch (instruction.OperandType)
            {
                case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok:
                    names.See((EntityHandle)MetadataTokens.Handle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += targets * sizeof(int);
                    break;
                default:
                    code.Offset += Size(instruction.OperandType);
                    break;
            }
        }
    }

    private static int Size(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => sizeof(byte),
        OperandType.InlineVar => sizeof(short),
        OperandType.InlineI8 or OperandType.InlineR => sizeof(long),
        _ => sizeof(int),
    };

    private static OpCode[] Instructions(int size)
    {
        var table = new OpCode[byte.MaxValue + 1];
        var all = typeof(OpCodes).GetFields().Select(field => field.GetValue(null)).OfType<OpCode>();
        foreach (var instruction in all.Where(code => code.Size == size))
        {
            table[instruction.Value & byte.MaxValue] = instruction;
        }

        return table;
    }
}
