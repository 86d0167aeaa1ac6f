// What a person must know. Azure Storage measures neither the age of a queue nor a mailbox: our programs do, in the meter
// MailDepot, and the queries use its instruments' names. An exporter writes one row per minute; Sum is the value of a gauge, or the
// increase of a counter. "Nothing arrived" is a count of 0, which summarize also returns if there are no rows.
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
  @description('Whether this deployment needs it.')
  wanted: bool
  @description('The subject of the mail.')
  title: string
  description: string
  @description('1 error, 2 warning.')
  severity: (1 | 2)
  frequency: string
  window: string
  @description('Each row it returns raises an alert.')
  query: string
  @description('A column of these rows: each of its values raises and resolves an alert of its own.')
  dimension: string?
}

var alerts alert[] = [
  {
    key: 'oldest-ticket'
    wanted: true
    title: 'MailDepot: a mail has waited more than ${oldestTicketMinutes} minutes to be archived'
    description: 'Nothing is lost: the mail stays on the queue. A stop under load or an outage of storage delays mail by 10 minutes; this is longer. Check whether the Functions app runs; `maildepot log` shows its failures.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "maildepot.queue.oldest.age" | summarize Seconds = max(Sum) by Queue = tostring(Properties.queue), bin(TimeGenerated, 5m) | where Seconds > ${oldestTicketMinutes * 60}'
  }
  {
    key: 'quarantine'
    wanted: true
    title: 'MailDepot: quarantine is not empty'
    description: 'A ticket needs a person: `maildepot quarantine list` shows which and why.'
    severity: 1
    frequency: 'PT15M'
    window: 'PT1H'
    query: 'AppMetrics | where Name == "maildepot.quarantine.size" | summarize arg_max(TimeGenerated, Sum) | where Sum > 0'
  }
  {
    key: 'mailbox-failing'
    wanted: collects
    title: 'MailDepot: a mailbox can\'t be collected completely'
    description: 'Its mail, or some of it, stays on the POP3 server. `maildepot pop3 list` says why and what to change.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT10M'
    // Measured each minute whether or not the mailbox is polled: after failed logins it is paused for hours.
    query: 'AppMetrics | where Name == "maildepot.mailbox.failing" | summarize Failing = min(Sum) by Mailbox = tostring(Properties.mailbox) | where Failing > 0'
    dimension: 'Mailbox'
  }
  {
    key: 'no-poll'
    wanted: collects
    title: 'MailDepot: mailboxes have not been polled for 30 minutes'
    description: 'After a deployment all timers may stop (azure-functions-host#11828): restart the Functions app. If it runs and fails, `maildepot log` says why. The next poll collects everything that waits.'
    severity: 1
    frequency: 'PT15M'
    window: 'PT30M'
    query: 'AppMetrics | where Name == "maildepot.job.runs" | summarize Runs = countif(tostring(Properties.job) == "PollPop3" and tostring(Properties.result) == "ok") | where Runs == 0'
  }
  {
    key: 'smtp-silent'
    wanted: receives
    title: 'MailDepot: SMTP does not answer'
    description: 'For 15 minutes no replica has received a greeting from its own SMTP port. Clients keep their mail and try again. Check the SMTP app\'s log and revisions.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "maildepot.smtp.probes" | summarize Ok = countif(tostring(Properties.result) == "ok" and Sum > 0) | where Ok == 0'
  }
  {
    key: 'smtp-refuses'
    wanted: receives
    title: 'MailDepot: SMTP defers or refuses mail for us'
    description: '451, repeatedly: mail could not be stored, or too much arrived at once. Clients keep it and try again. Check the SMTP app\'s log and the work account. 552: a mail is larger than largestMail and was returned to its sender.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT30M'
    // Only codes that no client causes by itself: 452 also asks for a separate transaction for a recipient, any stranger can cause
    // 550, and a network that may not send gets 554. The next try recovers from a single 451.
    query: 'AppMetrics | where Name == "maildepot.smtp.replies" | where Sum > 0 | summarize Times = dcount(bin(TimeGenerated, 5m)) by Code = tostring(Properties.code) | where Code == "552" or (Code == "451" and Times > 1)'
    dimension: 'Code'
  }
  {
    key: 'no-mail'
    wanted: noMailHours > 0
    title: 'MailDepot: no mail has arrived for ${noMailHours} hours'
    description: 'Check that the journal rule is on, its address resolves and the connector is valid. Exchange disables a rule whose address was unreachable for days.'
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
      // The first telemetry creates the tables, later than this.
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
