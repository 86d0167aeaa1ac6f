namespace MailDepot.Functions.Tests;

/// <summary>Tests that run while no other does: <c>[Collection&lt;Alone&gt;]</c>.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
