import { storedDifferently } from './models/stored-differently'
import { runApps } from './run-apps'

runApps('apps_stored_differently', storedDifferently)
