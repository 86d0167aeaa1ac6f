namespace MailDepot.Tests.Architecture;

/// <summary>One member that uses a type, as the compiler wrote it down.</summary>
/// <param name="Room">Namespace of the member's outermost type.</param>
/// <param name="Member">The type and the member, for people. Lambdas and async methods have the compiler's names.</param>
/// <param name="Namespace">Namespace of the outermost type that is used.</param>
/// <param name="Name">Name of that type.</param>
internal sealed record UsedType(string Room, string Member, string Namespace, string Name);
