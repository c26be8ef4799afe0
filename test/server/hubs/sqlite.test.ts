import { sqliteStore } from './databases.ts'
import { reportSuite } from './report-suite.ts'
import { restoreSuite } from './restore-suite.ts'
import { hubSuite } from './suite.ts'

hubSuite('sqlite', sqliteStore)
reportSuite('sqlite', sqliteStore)
restoreSuite('sqlite', sqliteStore)
