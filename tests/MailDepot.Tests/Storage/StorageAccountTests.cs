using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using MailDepot.Storage;

namespace MailDepot.Tests.Storage;

public sealed class StorageAccountTests
{
    [Theory]
    [InlineData("https://maildepot.blob.core.windows.net")]
    [InlineData("https://maildepot.blob.core.windows.net/")]
    public void The_queue_and_table_endpoints_follow_from_the_blob_endpoint(string setting)
    {
        var account = new StorageAccount(setting);
        Assert.False(account.HasKey);
        Assert.Equal("https://maildepot.blob.core.windows.net/", account.Blobs(new BlobClientOptions()).Uri.AbsoluteUri);
        Assert.Equal("https://maildepot.queue.core.windows.net/", account.Queues(new QueueClientOptions()).Uri.AbsoluteUri);
        Assert.Equal("https://maildepot.table.core.windows.net/", account.Tables(new TableClientOptions()).Uri.AbsoluteUri);
    }

    [Fact]
    public void The_suffix_of_another_cloud_is_kept()
    {
        var queues = new StorageAccount("https://maildepot.blob.core.chinacloudapi.cn").Queues(new QueueClientOptions());
        Assert.Equal("https://maildepot.queue.core.chinacloudapi.cn/", queues.Uri.AbsoluteUri);
    }

    [Theory]
    [InlineData("http://maildepot.blob.core.windows.net")]
    [InlineData("https://maildepot.core.windows.net")]
    [InlineData("https://maildepot.blob.core.windows.net/archive-default")]
    [InlineData("maildepot")]
    public void Anything_else_is_not_an_endpoint(string setting) => Assert.False(StorageAccount.TryReadEndpoint(setting, out _));
}
