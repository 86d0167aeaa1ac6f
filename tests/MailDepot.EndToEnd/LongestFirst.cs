using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(MailDepot.EndToEnd.LongestFirst))]

namespace MailDepot.EndToEnd;

/// <summary>Begins with what takes longest, so that it does not run on alone when all else is done.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <inheritdoc />
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => collection.TestCollectionDisplayName.Contains(nameof(Pop3StormTests), StringComparison.Ordinal))];
}
