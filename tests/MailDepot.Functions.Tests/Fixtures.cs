using MailDepot.Functions.Tests.Worker;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
[assembly: AssemblyFixture(typeof(PublishedAppFixture))]
