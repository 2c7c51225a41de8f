import { communities } from './models/communities'
import { runApps } from './run-apps'

runApps('apps_communities', communities)
