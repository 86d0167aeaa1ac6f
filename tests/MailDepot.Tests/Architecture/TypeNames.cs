using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace MailDepot.Tests.Architecture;

/// <summary>A type, by the name of its outermost type.</summary>
internal readonly record struct TypeName(string Namespace, string Name);

/// <summary>Collects the types that signatures and tokens of an assembly name.</summary>
internal sealed class TypeNames(MetadataReader metadata) : ISignatureTypeProvider<TypeName?, object?>
{
    private List<TypeName> seen = [];

    /// <summary>What is seen while <paramref name="look"/> runs.</summary>
    public IReadOnlyCollection<TypeName> Collect(Action look)
    {
        seen = [];
        look();
        return seen;
    }

    public TypeName Of(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? Of(outer)
            : new TypeName(metadata.GetString(type.Namespace), metadata.GetString(type.Name));
    }

    /// <summary>Sees a type, or the type of a member and every type in its signature.</summary>
    public void See(EntityHandle handle)
    {
        if (handle.IsNil)
        {
            return;
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                seen.Add(Of((TypeDefinitionHandle)handle));
                break;
            case HandleKind.TypeReference:
                seen.Add(Of((TypeReferenceHandle)handle));
                break;
            case HandleKind.TypeSpecification:
                _ = metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, genericContext: null);
                break;
            case HandleKind.MethodDefinition:
                See(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                See(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                See(metadata.GetMemberReference((MemberReferenceHandle)handle));
                break;
            case HandleKind.MethodSpecification:
                var method = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                See(method.Method);
                _ = method.DecodeSignature(this, genericContext: null);
                break;
        }
    }

    public TypeName? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Seen(Of(handle));

    public TypeName? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Seen(Of(handle));

    public TypeName? GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public TypeName? GetFunctionPointerType(MethodSignature<TypeName?> signature) => null;

    public TypeName? GetArrayType(TypeName? elementType, ArrayShape shape) => elementType;

    public TypeName? GetByReferenceType(TypeName? elementType) => elementType;

    public TypeName? GetGenericInstantiation(TypeName? genericType, ImmutableArray<TypeName?> typeArguments) => genericType;

    public TypeName? GetGenericMethodParameter(object? genericContext, int index) => null;

    public TypeName? GetGenericTypeParameter(object? genericContext, int index) => null;

    public TypeName? GetModifiedType(TypeName? modifier, TypeName? unmodifiedType, bool isRequired) => unmodifiedType;

    public TypeName? GetPinnedType(TypeName? elementType) => elementType;

    public TypeName? GetPointerType(TypeName? elementType) => elementType;

    public TypeName? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;

    public TypeName? GetSZArrayType(TypeName? elementType) => elementType;

    private void See(MemberReference member)
    {
        See(member.Parent);
        if (member.GetKind() is MemberReferenceKind.Method)
        {
            _ = member.DecodeMethodSignature(this, genericContext: null);
        }
        else
        {
            _ = member.DecodeFieldSignature(this, genericContext: null);
        }
    }

    private TypeName Of(TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        return type.ResolutionScope.Kind is HandleKind.TypeReference
            ? Of((TypeReferenceHandle)type.ResolutionScope)
            : new TypeName(metadata.GetString(type.Namespace), metadata.GetString(type.Name));
    }

    private TypeName Seen(TypeName type)
    {
        seen.Add(type);
        return type;
    }
}
