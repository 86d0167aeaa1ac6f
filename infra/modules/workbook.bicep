// One page that shows arrivals, queues, archive, mailboxes and costs.
param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'maildepot')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'MailDepot'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: loadTextContent('workbook.json')
  }
}
