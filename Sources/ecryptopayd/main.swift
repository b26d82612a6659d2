print("ecryptopayd")
