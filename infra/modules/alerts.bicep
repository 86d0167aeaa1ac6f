// What a person must hear of. Azure Storage measures neither the age of a queue nor a mailbox: our programs do, in the
// meter MailDepot, and these are its instruments' names. An exporter writes a row a minute; Sum is the value of a gauge
// as well as a counter's increase. "Nothing came" is a count of 0, which a row answers too when no row is there.
param name string
param location string
param tags object
param workspaceId string
param emails string[]
param oldestTicketMinutes int
param noMailHours int
@description('Mailboxes are collected.')
param collects bool
@description('The SMTP app is deployed.')
param receives bool

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'MailDepot'
    enabled: true
    emailReceivers: [for (email, i) in emails: { name: 'email${i}', emailAddress: email, useCommonAlertSchema: true }]
  }
}

type alert = {
  @description('Part of the rule\'s name.')
  key: string
  @description('Whether it makes sense in this deployment.')
  wanted: bool
  @description('What the mail says.')
  title: string
  description: string
  @description('1 error, 2 warning.')
  severity: (1 | 2)
  frequency: string
  window: string
  @description('Each row it answers is a reason to alert.')
  query: string
  @description('A column of these rows: each of its values alerts by itself, and is over by itself.')
  dimension: string?
}

var alerts alert[] = [
  {
    key: 'oldest-ticket'
    wanted: true
    title: 'MailDepot: a mail waits longer than ${oldestTicketMinutes} minutes to be archived'
    description: 'Nothing is lost: it stays on the queue. Look at the Functions app: does it run, and what do its failures say? `maildepot log` tells them.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "maildepot.queue.oldest.age" | summarize Seconds = max(Sum) by Queue = tostring(Properties.queue), bin(TimeGenerated, 5m) | where Seconds > ${oldestTicketMinutes * 60}'
  }
  {
    key: 'quarantine'
    wanted: true
    title: 'MailDepot: quarantine is not empty'
    description: 'A ticket needs a person: `maildepot quarantine list` tells which and why.'
    severity: 1
    frequency: 'PT15M'
    window: 'PT1H'
    query: 'AppMetrics | where Name == "maildepot.quarantine.size" | summarize arg_max(TimeGenerated, Sum) | where Sum > 0'
  }
  {
    key: 'mailbox-failing'
    wanted: collects
    title: 'MailDepot: a mailbox can\'t be collected, or not wholly'
    description: 'Its mail, or some of it, stays on the POP3 server. `maildepot pop3 list` says why and what to change.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT10M'
    // Measured each minute, whether or not the mailbox is polled: one that is paused after failed logins is not, for hours.
    query: 'AppMetrics | where Name == "maildepot.mailbox.failing" | summarize Failing = min(Sum) by Mailbox = tostring(Properties.mailbox) | where Failing > 0'
    dimension: 'Mailbox'
  }
  {
    key: 'no-poll'
    wanted: collects
    title: 'MailDepot: for 30 minutes nobody looked which mailbox is due'
    description: 'After a deployment all timers may stand still (azure-functions-host#11828): restart the Functions app. If it runs and fails, `maildepot log` says why. The next poll takes all that waits.'
    severity: 1
    frequency: 'PT15M'
    window: 'PT30M'
    query: 'AppMetrics | where Name == "maildepot.job.runs" | summarize Runs = countif(tostring(Properties.job) == "PollPop3" and tostring(Properties.result) == "ok") | where Runs == 0'
  }
  {
    key: 'smtp-silent'
    wanted: receives
    title: 'MailDepot: SMTP does not answer'
    description: 'No replica had its own greeting from the SMTP port for 15 minutes. Clients keep their mail and try again. Look at the SMTP app\'s log and revisions.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "maildepot.smtp.probes" | summarize Ok = countif(tostring(Properties.result) == "ok" and Sum > 0) | where Ok == 0'
  }
  {
    key: 'smtp-refuses'
    wanted: receives
    title: 'MailDepot: SMTP puts off or refuses mail for us'
    description: '451, more than once: mail could not be stored, or too much came at once; clients keep it and try again. Look at the SMTP app\'s log, and at the work account. 552: a mail is larger than largestMail, and its sender has it back.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT30M'
    // Only codes that a client can't get by what it does wrong: 452 also asks for a recipient in a transaction of its own,
    // 550 is any stranger's, 554 an unwelcome network's. One 451 is mended by the next try.
    query: 'AppMetrics | where Name == "maildepot.smtp.replies" | where Sum > 0 | summarize Times = dcount(bin(TimeGenerated, 5m)) by Code = tostring(Properties.code) | where Code == "552" or (Code == "451" and Times > 1)'
    dimension: 'Code'
  }
  {
    key: 'no-mail'
    wanted: noMailHours > 0
    title: 'MailDepot: no mail came for ${noMailHours} hours'
    description: 'Is the journal rule on, does its address resolve, is the connector valid? Exchange disables a rule whose address can\'t be reached for days.'
    severity: 2
    frequency: 'PT1H'
    window: noMailHours >= 24 ? 'P${noMailHours / 24}D' : 'PT${max(noMailHours, 1)}H'
    query: 'AppMetrics | where Name == "maildepot.received" | summarize Mails = count() | where Mails == 0'
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in alerts: if (alert.wanted) {
    name: '${name}-${alert.key}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: alert.description
      enabled: true
      severity: alert.severity
      scopes: [workspaceId]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      autoMitigate: true
      // The tables are made by the first telemetry, after this.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: alert.?dimension == null ? [] : [{ name: alert.dimension!, operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]

output actionGroupId string = people.id
