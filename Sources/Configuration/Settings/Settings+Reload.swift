extension Settings {
    /// Why these settings cannot take the place of `old` in a running process: keys that take effect after a restart only.
    ///
    /// Empty when they can.
    package func reloadFaults(from old: Settings) -> [ConfigurationFault] {
        SettingKey.all.filter { $0.needsRestart && !$0.agrees(self, old) }.map { key in
            let origin = origins[key.name] ?? .standard
            return ConfigurationFault(
                key: key.name, place: "\(key.name) (\(origin))",
                problem: "differs from the value in force and needs a restart",
                hint: "restart the service, or restore the old value")
        }
    }
}
