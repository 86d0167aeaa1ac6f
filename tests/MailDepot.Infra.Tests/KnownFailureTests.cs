using MailDepot.Storage;
using MailDepot.Tests.Archive;
using MailDepot.Tests.Connectors.Pop3.Visit;
using MailDepot.Tests.Host.Worker;
using MailDepot.Tests.Spool;

namespace MailDepot.Tests.Infra;

/// <summary>Known failures of what we run on, each with our answer: in the template, or in a test of the code.</summary>
[Collection<OneTemplate>]
public sealed class KnownFailureTests(TemplateFixture template)
{
    /// <summary>azure-sdk-for-net#47427, #50426; azure-functions-host#9760, #10759.</summary>
    [Fact]
    public void A_drained_instance_leaves_a_handled_message_on_the_queue_so_every_step_may_run_twice()
    {
        AnsweredBy<OrderOfWritesTests>(nameof(OrderOfWritesTests.A_ticket_processed_twice_at_the_same_time_is_archived_once));
        AnsweredBy<OrderOfWritesTests>(nameof(OrderOfWritesTests.A_fault_at_any_call_changes_nothing_in_the_end));
    }

    /// <summary>azure-functions-host#10373, azure-sdk-for-net#32635.</summary>
    [Fact]
    public void A_few_messages_wait_ten_minutes_so_batches_are_small_and_an_alert_watches_the_oldest()
    {
        Assert.Contains(template.First.Those("Microsoft.Insights/scheduledQueryRules"), rule => rule.Name == "maildepot-oldest-ticket");
        Assert.Equal("16", template.First.ArchiverSettings()["AzureFunctionsJobHost__extensions__queues__batchSize"]);
    }

    /// <summary>azure-webjobs-sdk#2799.</summary>
    [Fact]
    public void A_visibility_update_of_our_own_breaks_the_delete_so_no_trigger_makes_one() =>
        Assert.DoesNotContain(Sources("src/MailDepot"), text => text.Contains("UpdateMessage", StringComparison.Ordinal));

    /// <summary>azure-webjobs-sdk-extensions#891.</summary>
    [Fact]
    public void A_poison_copy_lives_seven_days_and_an_outage_poisons_everything_so_it_is_put_back()
    {
        AnsweredBy<PoisonRescueTests>(nameof(PoisonRescueTests.A_ticket_that_fails_for_hours_is_retried_with_growing_delays));
        AnsweredBy<PoisonRescueTests>(nameof(PoisonRescueTests.After_a_day_it_is_quarantined_and_starts_over_when_released));
        AnsweredBy<OutageTests>(nameof(OutageTests.Storage_that_stops_for_ten_minutes_loses_and_duplicates_nothing));
    }

    /// <summary>azure-sdk-for-net#21449.</summary>
    [Fact]
    public void The_wrong_encoding_silently_poisons_messages_so_one_place_makes_the_clients() =>
        AnsweredBy<QueuePumpTests>(nameof(QueuePumpTests.A_message_that_is_not_base64_blocks_nobody_and_ends_in_quarantine));

    /// <summary>azure-functions-host#8019, Azure-Functions#2642.</summary>
    [Fact]
    public void The_move_to_poison_fails_with_an_identity_so_the_queues_exist_and_the_guide_proves_it()
    {
        var queues = template.First.Those("Microsoft.Storage/storageAccounts/queueServices/queues").Select(queue => queue.Name);
        Assert.Equal(
            ["archive-poison", "pop3-poll-poison"],
            queues.Where(name => name.EndsWith("-poison", StringComparison.Ordinal)).Order());
        Assert.Contains($"az storage message peek --queue-name {QueueNames.Pop3Poll}-poison", Guide(), StringComparison.Ordinal);
    }

    /// <summary>azure-functions-host#11828.</summary>
    [Fact]
    public void All_timers_stop_after_a_deployment_so_it_ends_with_a_restart_and_an_alert_notices_missing_polls()
    {
        Assert.Contains(template.First.Those("Microsoft.Insights/scheduledQueryRules"), rule => rule.Name == "maildepot-no-poll");
        AnsweredBy<DeployScriptTests>(nameof(DeployScriptTests.The_first_deployment_creates_the_registry_first_and_ends_with_a_greeting));
        AnsweredBy<ScheduleTests>(nameof(ScheduleTests.Each_mailbox_gets_one_message_per_interval_however_often_the_clock_ticks));
    }

    /// <summary>azure-webjobs-sdk#2079, azure-functions-host#5660.</summary>
    [Fact]
    public void One_timer_wins_where_hosts_share_an_account_so_the_host_has_its_own_and_a_poll_takes_everything_new()
    {
        Assert.Single(template.Full.Those("Microsoft.Web/sites"));
        Assert.Equal("<work.blobEndpoint>", template.Full.ArchiverSettings()["AzureWebJobsStorage__blobServiceUri"]);
        AnsweredBy<CollectTests>(nameof(CollectTests.What_a_broken_session_left_is_deleted_and_not_collected_again));
    }

    /// <summary>azure-functions-dotnet-worker#3335.</summary>
    [Fact]
    public async Task The_worker_crashes_in_the_placeholder_so_it_is_off_until_a_parameter_says_otherwise()
    {
        Assert.Equal("0", template.First.ArchiverSettings()["WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED"]);
        var on = await template.PredictAsync("placeholder", """
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param usePlaceholder = true
            """);
        Assert.Equal("1", on.ArchiverSettings()["WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED"]);
    }

    /// <summary>Azure-Functions#2634.</summary>
    [Fact]
    public void Long_functions_are_killed_so_runs_are_bounded_and_ask_for_another() =>
        AnsweredBy<CollectTests>(nameof(CollectTests.A_visit_is_limited_and_requests_the_next_at_once));

    /// <summary>MailKit#1204.</summary>
    [Fact]
    public void A_POP3_read_hangs_so_a_silent_server_is_given_up_on_and_a_mailbox_is_leased()
    {
        AnsweredBy<FailureTests>(nameof(FailureTests.A_server_that_falls_silent_is_given_up));
        AnsweredBy<CollectTests>(nameof(CollectTests.A_mailbox_that_another_process_collects_is_left_alone));
    }

    /// <summary>azure-container-apps#517.</summary>
    [Fact]
    public void Outbound_ports_run_out_so_a_NAT_gateway_can_be_added()
    {
        Assert.Empty(template.First.Those("Microsoft.Network/natGateways"));
        var gateway = template.Full.The("Microsoft.Network/natGateways");
        var subnets = template.Full.The("Microsoft.Network/virtualNetworks").Properties["subnets"]!.AsArray();
        Assert.Equal([null, gateway.Id], subnets.Select(subnet => (string?)subnet!["properties"]!["natGateway"]?["id"]));
        var subnet = (string)template.Full.The("Microsoft.Web/sites").Properties["virtualNetworkSubnetId"]!;
        Assert.Contains("functionsSubnetId", subnet, StringComparison.Ordinal);
    }

    /// <summary>azure-storage-net#1022.</summary>
    [Fact]
    public void A_table_page_can_be_empty_without_being_the_last_so_every_listing_goes_to_its_end()
    {
        Assert.DoesNotContain(Sources("src/MailDepot"), text => text.Contains("ContinuationToken", StringComparison.Ordinal));
        var pages = Sources("src/MailDepot")
            .SelectMany(text => text.Split('\n'))
            .Where(line => line.Contains("AsPages", StringComparison.Ordinal));
        Assert.All(pages, line => Assert.StartsWith("await foreach", line.Trim(), StringComparison.Ordinal));
    }

    private static string Guide() => File.ReadAllText(Clone.Path("infra/README.md"));

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Clone.Path(folder), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText);

    /// <summary>A test proves the answer. If it is renamed or removed, this does not compile; if it is no longer run, this fails.</summary>
    private static void AnsweredBy<T>(string test) => Assert.Contains(
        typeof(T).GetMethod(test)!.GetCustomAttributes(inherit: false), attribute => attribute is FactAttribute or TheoryAttribute);
}
